//! Which character encoding a file has, told from a sample of its bytes.

use encoding_rs::{Decoder, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use std::io::{self, Read};

/// Bytes looked at.
pub(crate) const SAMPLE_BYTES: usize = 1024 * 1024;

/// Encoding and the length of the byte order mark to skip.
pub(crate) fn detect(sample: &[u8]) -> (&'static Encoding, usize) {
    if let Some((encoding, length)) = Encoding::for_bom(sample) {
        return (encoding, length);
    }
    if let Some(encoding) = utf16_without_mark(sample) {
        return (encoding, 0);
    }
    let (utf8_bad, utf8_all) = utf8_faults(sample);
    if utf8_bad == 0 {
        return (UTF_8, 0);
    }
    // A UTF-8 file with a few broken characters stays UTF-8: bytes of GB text almost never form valid UTF-8
    // sequences, so a mostly valid file cannot be GB.
    if utf8_bad * 10 <= utf8_all || gb_fault_share(sample) > 0.02 {
        return (UTF_8, 0);
    }
    (GB18030, 0)
}

/// Text of a European script or with ASCII delimiters has a NUL in every other byte when it is UTF-16; Chinese text
/// still has them at delimiters and line ends.
fn utf16_without_mark(sample: &[u8]) -> Option<&'static Encoding> {
    let (mut even, mut odd) = (0usize, 0usize);
    for pair in sample.chunks_exact(2) {
        even += usize::from(pair.first() == Some(&0));
        odd += usize::from(pair.get(1) == Some(&0));
    }
    let pairs = sample.len() / 2;
    if pairs == 0 || (even + odd) * 100 < pairs {
        return None;
    }
    if odd > even * 4 {
        Some(UTF_16LE)
    } else if even > odd * 4 {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// Broken sequences and non-ASCII sequences in total; a sequence cut by the sample's end does not count.
fn utf8_faults(sample: &[u8]) -> (usize, usize) {
    let (mut bad, mut all) = (0, 0);
    let mut rest = sample;
    loop {
        match std::str::from_utf8(rest) {
            Ok(text) => return (bad, all + beyond_ascii(text)),
            Err(error) => {
                let (good, tail) = rest.split_at(error.valid_up_to());
                all += beyond_ascii(std::str::from_utf8(good).unwrap_or_default());
                let Some(length) = error.error_len() else { return (bad, all) };
                bad += 1;
                all += 1;
                rest = tail.get(length..).unwrap_or_default();
            }
        }
    }
}

fn beyond_ascii(text: &str) -> usize {
    text.chars().filter(|c| !c.is_ascii()).count()
}

fn gb_fault_share(sample: &[u8]) -> f64 {
    // Cut at the last line end: a character torn by the sample's end is no fault.
    let end = memchr::memrchr(b'\n', sample).unwrap_or(sample.len());
    let (text, _) = GB18030.decode_without_bom_handling(sample.get(..end).unwrap_or(sample));
    let bad = text.chars().filter(|c| *c == '\u{FFFD}').count();
    bad as f64 / beyond_ascii(&text).max(1) as f64
}

/// A reader that turns any encoding into UTF-8; bytes that are no text become U+FFFD.
pub(crate) struct Transcoder<R> {
    inner: R,
    decoder: Decoder,
    input: Vec<u8>,
    /// Decoded text and how much of it was handed out; kept here because a caller's buffer may be smaller than one
    /// character.
    output: Vec<u8>,
    given: usize,
    finished: bool,
}

const STEP_BYTES: usize = 64 * 1024;

impl<R: Read> Transcoder<R> {
    pub(crate) fn new(inner: R, encoding: &'static Encoding) -> Self {
        let decoder = encoding.new_decoder_without_bom_handling();
        Self { inner, decoder, input: vec![0; STEP_BYTES], output: Vec::new(), given: 0, finished: false }
    }

    /// Decode the next step into `output`.
    fn step(&mut self) -> io::Result<()> {
        let count = self.inner.read(&mut self.input)?;
        let source = self.input.get(..count).unwrap_or_default();
        let room = self.decoder.max_utf8_buffer_length(count).unwrap_or(4 * STEP_BYTES);
        self.output.resize(room, 0);
        let (_, _, written, _) = self.decoder.decode_to_utf8(source, &mut self.output, count == 0);
        self.output.truncate(written);
        self.given = 0;
        self.finished = count == 0;
        Ok(())
    }
}

impl<R: Read> Read for Transcoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.output.len() && !self.finished {
            self.step()?;
        }
        let rest = self.output.get(self.given..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        if let (Some(from), Some(to)) = (rest.get(..count), buffer.get_mut(..count)) {
            to.copy_from_slice(from);
        }
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "名称,地址\n杭州某某机械有限公司,浙江省杭州市\n";

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
    }

    #[test]
    fn each_encoding_is_recognised_with_and_without_its_mark() {
        assert_eq!(detect(TEXT.as_bytes()), (UTF_8, 0));
        assert_eq!(detect(&[&[0xEF, 0xBB, 0xBF], TEXT.as_bytes()].concat()), (UTF_8, 3));
        assert_eq!(detect(&GB18030.encode(TEXT).0), (GB18030, 0));
        assert_eq!(detect(&utf16(TEXT, false)), (UTF_16LE, 0));
        assert_eq!(detect(&utf16(TEXT, true)), (UTF_16BE, 0));
        assert_eq!(detect(&[&[0xFF, 0xFE], utf16(TEXT, false).as_slice()].concat()), (UTF_16LE, 2));
        assert_eq!(detect(b""), (UTF_8, 0));
        assert_eq!(detect(b"plain,ascii\n"), (UTF_8, 0));
    }

    #[test]
    fn a_few_broken_characters_do_not_make_a_utf8_file_gb() {
        let mut bytes = TEXT.repeat(50).into_bytes();
        bytes.extend_from_slice(&[0xC4, 0xE3, b'\n']);
        assert_eq!(detect(&bytes), (UTF_8, 0));
    }

    #[test]
    fn transcoding_in_small_steps_gives_the_same_text() {
        let bytes = GB18030.encode(&TEXT.repeat(5_000)).0.into_owned();
        let mut text = String::new();
        Transcoder::new(bytes.as_slice(), GB18030).read_to_string(&mut text).unwrap();
        assert_eq!(text, TEXT.repeat(5_000));
    }
}
