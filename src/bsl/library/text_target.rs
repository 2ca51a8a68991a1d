//! Where ЗаписьJSON and ЗаписьXML put their text when they are closed: into a stream, in an encoding.

use super::bytes::encode_text;
use super::stream;
use crate::kernel::encode::Charset;
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::error::Fault;

/// A stream for the whole text.
pub(super) struct TextTarget {
    stream: Value,
    charset: Charset,
    mark: bool,
}

impl TextTarget {
    /// Refuses what is no stream, and what cannot be written, at once: `stream` is the first parameter.
    /// With `mark` the text begins with its byte order mark.
    pub(super) fn open(
        vm: &mut Vm<'_>,
        stream: &Value,
        charset: Charset,
        mark: bool,
    ) -> Result<TextTarget, Fault> {
        stream::write(vm, stream, 1, &[])?;
        Ok(TextTarget {
            stream: stream.clone(),
            charset,
            mark,
        })
    }

    /// Writes the text, which is complete.
    pub(super) fn put(self, vm: &mut Vm<'_>, text: &str) -> Result<(), Fault> {
        let bytes = encode_text(vm, text, self.charset, self.mark)?;
        stream::write(vm, &self.stream, 1, &bytes)
    }
}
