//! Fetching a file, piece by piece, with a limit.

use bytes::Bytes;

use super::client::BotApi;
use super::error::ApiError;

/// A file that is being fetched. Dropping it ends the transfer.
pub struct Download {
    bot: BotApi,
    response: reqwest::Response,
    left: u64,
    limit: u64,
}

impl Download {
    pub(super) fn new(
        bot: BotApi,
        response: reqwest::Response,
        limit: u64,
    ) -> Result<Download, ApiError> {
        if response
            .content_length()
            .is_some_and(|length| length > limit)
        {
            return Err(ApiError::FileTooLarge { limit: Some(limit) });
        }
        Ok(Download {
            bot,
            response,
            left: limit,
            limit,
        })
    }

    /// The size, where the server told it. Never more than the limit.
    pub fn length(&self) -> Option<u64> {
        self.response.content_length()
    }

    /// The next piece; none at the end. The limit counts what really comes, not what was announced;
    /// a transfer that stands still longer than the send time-out is given up.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ApiError> {
        let wait = self.bot.endpoint().send_timeout();
        let piece = match tokio::time::timeout(wait, self.response.chunk()).await {
            Ok(piece) => piece.map_err(|error| self.bot.network_error(error))?,
            Err(_) => return Err(self.bot.stalled()),
        };
        if let Some(piece) = &piece {
            self.left =
                self.left
                    .checked_sub(piece.len() as u64)
                    .ok_or(ApiError::FileTooLarge {
                        limit: Some(self.limit),
                    })?;
        }
        Ok(piece)
    }
}
