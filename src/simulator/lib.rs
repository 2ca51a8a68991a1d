//! A twin of the Telegram Bot API with a chat page, for the demo, the tests and bot authors.
