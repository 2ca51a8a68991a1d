//! The HTML subset that Telegram understands: parse, check, split, plain text.
