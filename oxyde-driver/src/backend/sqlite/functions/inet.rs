//! IP addresses and networks in `PostgreSQL`'s order: IPv4 before IPv6, by the bits of the network,
//! then by the length of its prefix, then by the rest of the address.

use std::cmp::Ordering;
use std::net::IpAddr;

/// The sort key; strings that are not addresses come last.
type Key = (u8, u128, u8, u128);

pub(super) fn compare(a: &str, b: &str) -> Ordering {
    match (key(a), key(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (None, None) => a.cmp(b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

fn key(text: &str) -> Option<Key> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix.parse::<u8>().ok()?)),
        None => (text, None),
    };
    let (version, bits, whole) = match address.parse::<IpAddr>().ok()? {
        IpAddr::V4(address) => (4, u128::from(u32::from(address)) << 96, 32),
        IpAddr::V6(address) => (6, u128::from(address), 128),
    };
    let prefix = prefix.unwrap_or(whole);
    let mask = u128::MAX
        .checked_shl(128 - u32::from(prefix.min(128)))
        .unwrap_or(0);
    Some((version, bits & mask, prefix, bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_the_addresses() {
        let sorted = [
            "0.0.0.0/0",
            "9.0.0.1",
            "10.0.0.0/8",
            "10.255.0.0/8",
            "10.0.0.0/16",
            "10.0.0.2",
            "10.0.0.10",
            "192.168.0.1",
            "::1",
            "2001:db8::/32",
            "2001:db8::2",
            "2001:db8::10",
            "nothing",
        ];
        for (at, a) in sorted.iter().enumerate() {
            for (place, b) in sorted.iter().enumerate() {
                assert_eq!(compare(a, b), at.cmp(&place), "{a} {b}");
            }
        }
        assert_eq!(compare("10.0.0.1/32", "10.0.0.1"), Ordering::Equal);
    }
}
