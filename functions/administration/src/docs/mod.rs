//! The API's description, and a page to read and try it.
//!
//! Everything is in the binary: the page loads nothing from another host, and its policy forbids
//! it to. The document `openapi.json` beside this file is generated from the routers of all the
//! functions; the test `openapi` of the package `local` writes it and keeps it true.

mod asset;
mod document;
mod page;

/// `/docs…`
pub fn router() -> platform::http::Routes {
    platform::routes![page::page, document::document, asset::asset]
}
