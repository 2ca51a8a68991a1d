//! The library of the language, an area a file. README.md of this package tells how to add to it.

mod args;
pub mod array;
pub mod bits;
pub mod buffer;
pub mod buffer_functions;
pub mod bytes;
mod callback;
#[cfg(test)]
mod collections_tests;
pub mod conversion;
pub mod data_reader;
#[cfg(test)]
mod data_tests;
mod data_text;
pub mod data_writer;
pub mod dates;
mod define;
pub mod dom;
pub mod errors;
pub mod fixed;
pub mod formatted;
pub mod hashing;
pub mod http;
pub mod internal;
pub mod json;
pub mod map;
pub(crate) mod names;
pub mod numbers;
pub mod output;
pub mod presentation;
pub mod properties;
pub mod random;
pub mod regex;
pub mod registry;
pub mod session;
pub mod shown;
pub mod standard_period;
pub mod storage;
pub mod stream;
pub mod strings;
pub mod structure;
pub mod system;
pub mod table;
#[cfg(test)]
mod testing;
pub mod text_document;
pub mod text_reader;
mod text_target;
pub mod text_writer;
pub mod type_description;
pub mod types;
pub mod unavailable;
pub mod user_message;
pub mod value_list;
pub mod xml;
pub mod xml_values;
pub mod zip;
pub mod zones;

use registry::{Area, TypeDef};

/// All areas. A new file is added here and nowhere else.
pub static AREAS: &[&Area] = &[
    &types::AREA,
    &conversion::AREA,
    &strings::AREA,
    &numbers::AREA,
    &dates::AREA,
    &array::AREA,
    &structure::AREA,
    &map::AREA,
    &errors::AREA,
    &output::AREA,
    &user_message::AREA,
    &properties::AREA,
    &bytes::AREA,
    &stream::AREA,
    &buffer::AREA,
    &buffer_functions::AREA,
    &data_reader::AREA,
    &data_writer::AREA,
    &text_reader::AREA,
    &text_writer::AREA,
    &text_document::AREA,
    &storage::AREA,
    &internal::AREA,
    &zip::AREA,
    &system::AREA,
    &standard_period::AREA,
    &bits::AREA,
    &hashing::AREA,
    &json::AREA,
    &http::AREA,
    &random::AREA,
    &session::AREA,
    &type_description::AREA,
    &fixed::AREA,
    &value_list::AREA,
    &table::AREA,
    &presentation::AREA,
    &zones::AREA,
    &xml_values::AREA,
    &regex::AREA,
    &xml::AREA,
    &dom::AREA,
    &formatted::AREA,
];

/// The type of objects of the host, whose names are resolved by the object itself.
pub static HOST_OBJECT: TypeDef = TypeDef {
    ru: "ОбъектСреды",
    en: "HostObject",
    new: None,
    methods: &[],
    props: &[],
};
