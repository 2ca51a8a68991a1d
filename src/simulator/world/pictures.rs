//! What can be told of a picture from its first bytes.

/// The size of a picture whose bytes do not say it.
pub(crate) const PLAUSIBLE: (u32, u32) = (800, 600);

/// A small picture, for people who send "a photo" without saying which.
pub(crate) const SAMPLE_PNG: &[u8] = include_bytes!("photo.png");

/// Whether Telegram would take these bytes for a picture.
pub(crate) fn is_picture(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x89PNG\r\n\x1a\n")
        || bytes.starts_with(b"\xFF\xD8\xFF")
        || bytes.starts_with(b"GIF8")
        || bytes.starts_with(b"BM")
        || (bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP"))
}

/// The media type of a picture, by what is in it and not by its name.
pub(crate) fn mime(bytes: &[u8]) -> Option<&'static str> {
    let kind = match bytes.first()? {
        0x89 => "image/png",
        0xFF => "image/jpeg",
        b'G' => "image/gif",
        b'B' => "image/bmp",
        _ => "image/webp",
    };
    is_picture(bytes).then_some(kind)
}

/// Width and height of a PNG, JPEG or GIF.
pub(crate) fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    if bytes.starts_with(b"\x89PNG") {
        let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        return Some((number(16)?, number(20)?));
    }
    if bytes.starts_with(b"GIF8") {
        let number = |at: usize| Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
        return Some((number(6)?.into(), number(8)?.into()));
    }
    if bytes.starts_with(b"\xFF\xD8") {
        return jpeg_size(bytes);
    }
    None
}

/// Walks the segments of a JPEG to its frame header.
fn jpeg_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let short = |at: usize| Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    let mut at = 2;
    loop {
        let marker = *bytes.get(at + 1)?;
        if *bytes.get(at)? != 0xFF {
            return None;
        }
        match marker {
            0xFF => at += 1,
            // Frame headers; C4, C8 and CC are tables.
            0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => {
                return Some((short(at + 7)?.into(), short(at + 5)?.into()));
            }
            0x01 | 0xD0..=0xD8 => at += 2,
            _ => at += 2 + usize::from(short(at + 2)?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_the_usual_kinds() {
        assert_eq!(size(SAMPLE_PNG), Some((64, 48)));
        assert_eq!(size(b"GIF89a\x05\x00\x07\x00"), Some((5, 7)));
        let jpeg = b"\xFF\xD8\xFF\xE0\x00\x04ab\xFF\xC0\x00\x11\x08\x00\x20\x00\x10\x03";
        assert_eq!(size(jpeg), Some((16, 32)));
        for cut in 0..jpeg.len() {
            // A picture that is cut has a size or none, and is never a panic.
            let _ = size(&jpeg[..cut]);
        }
        assert_eq!(mime(SAMPLE_PNG), Some("image/png"));
        assert_eq!(mime(b"GIF89a<script>"), Some("image/gif"));
        assert_eq!(mime(b"%PDF"), None);
    }
}
