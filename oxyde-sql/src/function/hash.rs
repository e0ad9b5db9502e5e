//! Checksums of the UTF-8 text, in hexadecimal digits.

use super::{Function, template};
use crate::dialect::Templates;
use crate::types::Families;

const fn hash(name: &'static str, templates: Templates) -> Function {
    template(name, (1, 1), Families::TEXTUAL, "text", templates)
}

pub(super) const FUNCTIONS: &[Function] = &[
    // MySQL 9 has MD5 only as a component.
    hash(
        "md5",
        Templates::of("MD5({0})", "oxyde_md5({0})", "MD5({0})").not_mysql_itself(),
    ),
    // As MySQL has SHA-1; PostgreSQL has it only in the extension pgcrypto.
    hash(
        "sha1",
        Templates::of("", "oxyde_sha1({0})", "SHA1({0})")
            .not_postgres()
            .not_mysql_itself(),
    ),
    hash(
        "sha224",
        Templates::of(
            "ENCODE(SHA224(CONVERT_TO({0}, 'UTF8')), 'hex')",
            "oxyde_sha224({0})",
            "SHA2({0}, 224)",
        ),
    ),
    hash(
        "sha256",
        Templates::of(
            "ENCODE(SHA256(CONVERT_TO({0}, 'UTF8')), 'hex')",
            "oxyde_sha256({0})",
            "SHA2({0}, 256)",
        ),
    ),
    hash(
        "sha384",
        Templates::of(
            "ENCODE(SHA384(CONVERT_TO({0}, 'UTF8')), 'hex')",
            "oxyde_sha384({0})",
            "SHA2({0}, 384)",
        ),
    ),
    hash(
        "sha512",
        Templates::of(
            "ENCODE(SHA512(CONVERT_TO({0}, 'UTF8')), 'hex')",
            "oxyde_sha512({0})",
            "SHA2({0}, 512)",
        ),
    ),
];
