//! ЗащищенноеСоединениеOpenSSL and the certificates it may be given. Certificates of authorities are
//! always the host's; a certificate of the client would be a file.

use super::super::define::{is_left_out, native, native_of, no_files, prop};
use super::super::registry::{Constructor, TypeDef};
use crate::value::Value;
use crate::value::heap::Body;

/// ЗащищенноеСоединениеOpenSSL.
pub static SECURE: TypeDef = TypeDef {
    ru: "ЗащищенноеСоединениеOpenSSL",
    en: "OpenSSLSecureConnection",
    new: Some(Constructor {
        params: "СертификатКлиента?, СертификатыУдостоверяющихЦентров?",
        call: |vm, args| {
            if !is_left_out(&args[0]) {
                return Err(no_files(vm));
            }
            if !is_left_out(&args[1]) {
                native_of::<Authorities>(&args[1], 2)?;
            }
            let secure = Secure(std::mem::take(&mut args[1]));
            Ok(vm.alloc(&SECURE, Body::Native(Box::new(secure))))
        },
    }),
    methods: &[],
    props: &[
        prop!("СертификатКлиента" "ClientCertificate" |_, _| Ok(Value::Undefined)),
        prop!("СертификатыУдостоверяющихЦентров" "CertificationAuthorityCertificates" |_, this| {
            Ok(match &native_of::<Secure>(this, 1)?.0 {
                Value::Missing => Value::Undefined,
                value => value.clone(),
            })
        }),
    ],
};

/// СертификатыУдостоверяющихЦентровОС.
pub static OS_AUTHORITIES: TypeDef = TypeDef {
    ru: "СертификатыУдостоверяющихЦентровОС",
    en: "OSCertificationAuthorityCertificates",
    new: Some(Constructor {
        params: "",
        call: |vm, _| Ok(vm.alloc(&OS_AUTHORITIES, Body::Native(Box::new(Authorities)))),
    }),
    methods: &[],
    props: &[],
};

/// СертификатыУдостоверяющихЦентровWindows: the same certificates, for programs written for Windows.
pub static WINDOWS_AUTHORITIES: TypeDef = TypeDef {
    ru: "СертификатыУдостоверяющихЦентровWindows",
    en: "WindowsCertificationAuthorityCertificates",
    new: Some(Constructor {
        params: "Магазин?",
        call: |vm, _| Ok(vm.alloc(&WINDOWS_AUTHORITIES, Body::Native(Box::new(Authorities)))),
    }),
    methods: &[],
    props: &[],
};

/// The insides of ЗащищенноеСоединениеOpenSSL: the certificates it was given.
pub(super) struct Secure(Value);

struct Authorities;

native!(Secure, |_| 0);
native!(Authorities, |_| 0);
