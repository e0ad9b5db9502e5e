//! `#[derive(FromRow)]`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Data, DeriveInput, Error, Field, Fields, GenericParam, Generics, Result, parse_quote};

use crate::attributes::Attributes;

/// Return the implementation of `FromRow` for a struct.
///
/// # Errors
/// It is not a struct with fields, it borrows, or an attribute is invalid.
pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new(
            input.ident.span(),
            "FromRow can be derived for a struct only",
        ));
    };
    if let Some(attribute) = input.attrs.iter().find(|it| it.path().is_ident("oxyde")) {
        return Err(Error::new(
            attribute.span(),
            "the attribute belongs to a field",
        ));
    }
    if data.fields.is_empty() {
        return Err(Error::new(
            input.ident.span(),
            "FromRow needs a field for each column to read, and there are none",
        ));
    }
    if let Some(lifetime) = input.generics.lifetimes().next() {
        return Err(Error::new(
            lifetime.lifetime.span(),
            "FromRow makes values that own their data: use `String` for `&str`, `Vec<u8>` for `&[u8]`",
        ));
    }
    let by_name = matches!(data.fields, Fields::Named(_));
    let mut generics = input.generics.clone();
    let mut read = Vec::new();
    for (at, field) in data.fields.iter().enumerate() {
        let attributes = Attributes::of(&field.attrs)?;
        if !by_name
            && let Some(attribute) = field.attrs.iter().find(|it| it.path().is_ident("oxyde"))
        {
            return Err(Error::new(
                attribute.span(),
                "the fields of a tuple struct are read by their positions: name them to use attributes",
            ));
        }
        bound(&mut generics, field, &attributes);
        read.push(reading(field, at, &attributes));
    }
    let name = &input.ident;
    let (impls, types, wheres) = generics.split_for_impl();
    let made = if by_name {
        quote!(Self { #(#read,)* })
    } else {
        quote!(Self(#(#read,)*))
    };
    Ok(quote! {
        #[automatically_derived]
        impl #impls ::oxyde_driver::FromRow for #name #types #wheres {
            fn from_row(
                row: ::oxyde_driver::Row<'_>,
            ) -> ::core::result::Result<Self, ::oxyde_driver::DriverError> {
                ::core::result::Result::Ok(#made)
            }
        }
    })
}

/// Require of a field whose type depends on a parameter that it can be read.
fn bound(generics: &mut Generics, field: &Field, attributes: &Attributes) {
    let is_generic = generics.params.iter().any(|param| match param {
        GenericParam::Type(param) => mentions(field.ty.to_token_stream(), &param.ident),
        GenericParam::Lifetime(_) | GenericParam::Const(_) => false,
    });
    if !is_generic {
        return;
    }
    let ty = &field.ty;
    let wanted = &mut generics.make_where_clause().predicates;
    if attributes.flatten {
        wanted.push(parse_quote!(#ty: ::oxyde_driver::FromRow));
        return;
    }
    wanted.push(parse_quote!(#ty: for<'oxyde> ::oxyde_driver::FromCell<'oxyde>));
    if attributes.default {
        wanted.push(parse_quote!(#ty: ::core::default::Default));
    }
}

/// Whether the tokens contain a name.
fn mentions(tokens: TokenStream, name: &syn::Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        proc_macro2::TokenTree::Ident(ident) => ident == *name,
        proc_macro2::TokenTree::Group(group) => mentions(group.stream(), name),
        _ => false,
    })
}

/// Return the initialiser of a field. Its span is that of the type, which the compiler points at if it
/// cannot be read.
fn reading(field: &Field, at: usize, attributes: &Attributes) -> TokenStream {
    let ty = &field.ty;
    // In the scope of the macro, also if another macro has written the struct.
    let span = Span::call_site().located_at(ty.span());
    let Some(ident) = &field.ident else {
        return quote_spanned!(span=> row.get::<#ty>(#at)?);
    };
    if attributes.flatten {
        return quote_spanned!(span=> #ident: <#ty as ::oxyde_driver::FromRow>::from_row(row)?);
    }
    let column = attributes
        .rename
        .as_ref()
        .map_or_else(|| ident.unraw().to_string(), syn::LitStr::value);
    if attributes.default {
        quote_spanned!(span=> #ident: row.field_or_default::<#ty>(#column, #at)?)
    } else {
        quote_spanned!(span=> #ident: row.field::<#ty>(#column, #at)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_derived_is_refused() {
        for (source, message) in [
            ("enum Shape { Round }", "struct only"),
            ("struct Nothing;", "there are none"),
            ("struct Empty {}", "there are none"),
            ("struct User<'a> { name: &'a str }", "own their data"),
            (
                "#[oxyde(rename = \"users\")] struct User { id: i64 }",
                "belongs to a field",
            ),
            (
                "struct User { #[oxyde(renamed = \"n\")] name: String }",
                "unknown attribute",
            ),
            (
                "struct User { #[oxyde(rename = 1)] name: String }",
                "expected string literal",
            ),
            (
                "struct User { #[oxyde(default, default)] name: String }",
                "repeated",
            ),
            (
                "struct User { #[oxyde(rename = \"a\", flatten)] address: Address }",
                "excludes `rename`",
            ),
            (
                "struct Pair(i64, #[oxyde(default)] i64);",
                "by their positions",
            ),
        ] {
            let refused = expand(&syn::parse_str(source).unwrap()).unwrap_err();
            assert!(refused.to_string().contains(message), "{source}: {refused}");
        }
    }

    #[test]
    fn only_types_with_parameters_are_bounded() {
        let source = "struct Page<T, U: Copy> { id: i64, item: Vec<T>, #[oxyde(flatten)] rest: U }";
        let made = expand(&syn::parse_str(source).unwrap()).unwrap();
        let expected = quote! {
            where
                Vec<T>: for<'oxyde> ::oxyde_driver::FromCell<'oxyde>,
                U: ::oxyde_driver::FromRow
        };
        assert!(made.to_string().contains(&expected.to_string()), "{made}");
    }
}
