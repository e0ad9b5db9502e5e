//! The derive macro of `oxyde-driver`, which re-exports it: use it from there.

mod attributes;
mod from_row;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Implements `oxyde_driver::FromRow` for a struct: fields by the names of the columns, the fields of a
/// tuple struct by their positions.
///
/// Attributes of fields: `#[oxyde(rename = "…")]`, `#[oxyde(default)]`, `#[oxyde(flatten)]`.
#[proc_macro_derive(FromRow, attributes(oxyde))]
pub fn derive_from_row(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    from_row::expand(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
