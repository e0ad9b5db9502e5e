//! IP addresses and networks.

use super::facts::{Casts, Facts, Name, Storage};
use super::{ColumnType, Family, text};

pub(super) const FACTS: Facts = Facts {
    name: "inet",
    parts: &[],
    family: Family::Inet,
    noun: "an IP address",
    read: &[(&["inet", "inet text"], |_| Some(ColumnType::Inet))],
    storage: Storage::of(
        Name::Is("INET"),
        Name::Is("INET TEXT"),
        Name::Is("VARCHAR(43)"),
    ),
    cast: Casts::of(Some("TEXT"), Name::Is("CHAR")),
    json_table: Name::Of(|_, dialect| text::collated("VARCHAR(43)", dialect)),
    from_json: "{0}",
    parameter_cast: |_| Some("INET".to_owned()),
    only: None,
};
