//! Checksums of text, in hexadecimal digits.

use md5::{Digest as _, Md5};
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};

use super::{Argument, Output, Result, wrong};

fn bytes<'a>(arguments: &[Argument<'a>]) -> Result<&'a [u8]> {
    match arguments {
        [text] => Ok(text.text()?.as_bytes()),
        _ => Err(wrong("expected a string")),
    }
}

fn hex(digest: &[u8]) -> Output {
    use std::fmt::Write as _;
    let mut hex = String::with_capacity(2 * digest.len());
    for byte in digest {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    Output::Text(hex)
}

pub(super) fn md5(arguments: &[Argument<'_>]) -> Result<Output> {
    Ok(hex(&Md5::digest(bytes(arguments)?)))
}

pub(super) fn sha1(arguments: &[Argument<'_>]) -> Result<Output> {
    Ok(hex(&Sha1::digest(bytes(arguments)?)))
}

pub(super) fn sha224(arguments: &[Argument<'_>]) -> Result<Output> {
    Ok(hex(&<Sha224 as sha2::Digest>::digest(bytes(arguments)?)))
}

pub(super) fn sha256(arguments: &[Argument<'_>]) -> Result<Output> {
    Ok(hex(&<Sha256 as sha2::Digest>::digest(bytes(arguments)?)))
}

pub(super) fn sha384(arguments: &[Argument<'_>]) -> Result<Output> {
    Ok(hex(&<Sha384 as sha2::Digest>::digest(bytes(arguments)?)))
}

pub(super) fn sha512(arguments: &[Argument<'_>]) -> Result<Output> {
    Ok(hex(&<Sha512 as sha2::Digest>::digest(bytes(arguments)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums() {
        let empty = [Argument::Text("")];
        let start = |output: Result<Output>| match output {
            Ok(Output::Text(text)) => (text[..8].to_owned(), text.len()),
            other => panic!("{other:?}"),
        };
        assert_eq!(start(md5(&empty)), ("d41d8cd9".to_owned(), 32));
        assert_eq!(start(sha1(&empty)), ("da39a3ee".to_owned(), 40));
        assert_eq!(start(sha224(&empty)), ("d14a028c".to_owned(), 56));
        assert_eq!(start(sha256(&empty)), ("e3b0c442".to_owned(), 64));
        assert_eq!(start(sha384(&empty)), ("38b060a7".to_owned(), 96));
        assert_eq!(start(sha512(&empty)), ("cf83e135".to_owned(), 128));
    }
}
