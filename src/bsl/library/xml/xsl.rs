//! ПреобразованиеXSL: known, and refused with the reason.

use super::super::define::said;
use super::super::registry::{Constructor, TypeDef};

/// ПреобразованиеXSL. Transformations of XSLT are a language of their own, which nobody keeps up in Rust.
pub static TRANSFORM: TypeDef = TypeDef {
    ru: "ПреобразованиеXSL",
    en: "XSLTransform",
    new: Some(Constructor {
        params: "",
        call: |vm, _| {
            Err(said(
                vm,
                "ПреобразованиеXSL здесь недоступно: разберите документ через ПостроительDOM или ЧтениеXML",
                "XSLTransform is not available here: take the document apart with DOMBuilder or XMLReader",
            ))
        },
    }),
    methods: &[],
    props: &[],
};
