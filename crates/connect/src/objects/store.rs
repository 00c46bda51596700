//! What is asked of an object store: a page of the listing, and an object part by part.
//!
//! Signatures (AWS Signature Version 4) stand in the address and hold for minutes, for one object and reading alone.

use std::sync::Arc;
use std::time::Duration;

use brain_egress::header::{CONTENT_RANGE, ETAG, HeaderValue, IF_MATCH, RANGE, RETRY_AFTER};
use brain_egress::{Answer, Call, Egress, Method, StatusCode, Url};
use brain_kernel::clock::Clock;
use brain_kernel::language::Text;
use rusty_s3::{Bucket, Credentials, S3Action as _, signing};

use crate::retry::pause;
use crate::{Control, Error, Landing, Result, Secret, Surroundings};

use super::listing::{self, Listed, Listing};

/// What calls are accounted for as.
const PURPOSE: &str = "connector.s3";
/// How long a signature holds, seconds.
const SIGNATURE_S: u64 = 300;
/// Asked for at once of an object, bytes; below what an answer may be.
const PART_BYTES: u64 = 4 << 20;
/// How often one part is asked for, before the object is begun anew.
const PART_ATTEMPTS_MAX: u32 = 4;
/// Longest wait before a part is asked for again.
const PART_WAIT_MAX: Duration = Duration::from_secs(30);

pub(super) struct Store {
    bucket: Bucket,
    credentials: Option<Credentials>,
    egress: Egress,
    clock: Arc<dyn Clock>,
}

impl Store {
    pub(super) fn new(
        bucket: Bucket,
        access_key: Option<&str>,
        secret: Option<Secret>,
        surroundings: Surroundings,
    ) -> Self {
        let credentials = access_key.zip(secret).map(|(key, secret)| Credentials::new(key, secret.expose()));
        Self { bucket, credentials, egress: surroundings.egress, clock: surroundings.clock }
    }

    /// One page of the listing below a prefix.
    pub(super) async fn page(&self, prefix: &str, token: Option<&str>) -> Result<Listing> {
        // In the order of their names, which the signature wants.
        let mut query = Vec::new();
        query.extend(token.map(|token| ("continuation-token", token)));
        query.extend([("encoding-type", "url"), ("list-type", "2"), ("prefix", prefix)]);
        let mut url = self.bucket.base_url().clone();
        match &self.credentials {
            None => {
                url.query_pairs_mut().extend_pairs(query);
            }
            Some(credentials) => {
                url = signing::sign(
                    &self.now()?,
                    rusty_s3::Method::Get,
                    url,
                    credentials.key(),
                    credentials.secret(),
                    None,
                    self.bucket.region(),
                    SIGNATURE_S,
                    query.iter().copied(),
                    std::iter::empty(),
                );
            }
        }
        let answer = self.egress.fetch(Call::new(PURPOSE, Method::GET, url.as_str())).await?;
        if answer.status != StatusCode::OK {
            return Err(self.refused(&answer));
        }
        Listing::read(&answer.body).map_err(|cause| {
            self.unlike(
                "ListBucketResult",
                format!("对象列表无法读取：{cause}"),
                format!("The listing cannot be read: {cause}"),
            )
        })
    }

    /// Ask for the first byte of an object, and leave it.
    pub(super) async fn look(&self, object: &Listed) -> Result<()> {
        self.part(object, object.etag.as_deref(), 0, 1).await.map(drop)
    }

    /// An object into the landing, part by part.
    pub(super) async fn copy(&self, object: &Listed, landing: &mut Landing, control: &Control) -> Result<()> {
        let (mut tag, mut done) = (object.etag.clone(), 0);
        while done < object.bytes {
            let end = object.bytes.min(done + PART_BYTES);
            let (piece, seen) = self.part_again(object, tag.as_deref(), done, end, control).await?;
            // A store that lists no tags says one with the first part; the others have to be of the same state.
            tag = tag.or(seen);
            landing.write(&piece).await?;
            control.progress.add(piece.len() as u64);
            done = end;
        }
        Ok(())
    }

    /// A part, asked for again from where the object broke off.
    async fn part_again(
        &self,
        object: &Listed,
        tag: Option<&str>,
        from: u64,
        end: u64,
        control: &Control,
    ) -> Result<(Vec<u8>, Option<String>)> {
        let mut attempts = 0;
        loop {
            control.check()?;
            attempts += 1;
            match self.part(object, tag, from, end).await {
                Err(Error::Changed { path }) => return Err(Error::Changed { path }),
                Err(error) if error.is_transient() && attempts < PART_ATTEMPTS_MAX => {
                    // At once after the first time: the connection was merely cut.
                    let own = Duration::from_secs(u64::from(attempts - 1));
                    let asked = Duration::from_secs(error.retry_after_s().unwrap_or(0));
                    tracing::info!(%error, from, "a part of an object is asked for again");
                    pause(own.max(asked).min(PART_WAIT_MAX), control).await?;
                }
                outcome => return outcome,
            }
        }
    }

    /// The bytes `from..end` of an object that still has this tag, and the tag it has.
    async fn part(
        &self,
        object: &Listed,
        tag: Option<&str>,
        from: u64,
        end: u64,
    ) -> Result<(Vec<u8>, Option<String>)> {
        let action = self.bucket.get_object(self.credentials.as_ref(), &object.key);
        let url = action.sign_with_time(Duration::from_secs(SIGNATURE_S), &self.now()?);
        let range = format!("bytes={from}-{}", end.saturating_sub(1));
        let mut call = Call::new(PURPOSE, Method::GET, url.as_str()).header(RANGE, self.header(&range)?);
        // A weak tag matches nothing (RFC 9110 §13.1.1); what comes back is held against it below.
        if let Some(tag) = tag.filter(|tag| !tag.starts_with("W/")) {
            call = call.header(IF_MATCH, self.header(&format!("\"{}\"", opaque(tag)))?);
        }
        let answer = self.egress.fetch(call).await?;
        let changed = || Error::Changed { path: format!("{}/{}", self.name(), object.key) };
        let whole = answer.status == StatusCode::OK && (from, end) == (0, object.bytes);
        match answer.status {
            StatusCode::PARTIAL_CONTENT => {}
            // The whole object is what was asked for; some stores say so.
            StatusCode::OK if whole => {}
            StatusCode::OK => {
                return Err(self.unlike(
                    "Range",
                    "对象存储不支持分段读取。",
                    "The store gives no parts of objects.",
                ));
            }
            StatusCode::PRECONDITION_FAILED | StatusCode::RANGE_NOT_SATISFIABLE => return Err(changed()),
            StatusCode::NOT_FOUND if listing::code(&answer.body) == "NoSuchKey" => return Err(changed()),
            _ => return Err(self.refused(&answer)),
        }
        let seen = answer.headers.get(ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        // Not every store heeds If-Match.
        if let (Some(tag), Some(seen)) = (tag, &seen)
            && opaque(tag) != opaque(seen)
        {
            return Err(changed());
        }
        let place = answer.headers.get(CONTENT_RANGE).and_then(|place| place.to_str().ok());
        let expected = format!("bytes {from}-{}/{}", end.saturating_sub(1), object.bytes);
        if !whole && place != Some(expected.as_str()) || answer.body.len() as u64 != end - from {
            return Err(changed());
        }
        Ok((answer.body.to_vec(), seen))
    }

    /// The time of a signature.
    fn now(&self) -> Result<jiff::Timestamp> {
        jiff::Timestamp::from_second(self.clock.now().timestamp()).map_err(|error| {
            self.unlike(
                "clock",
                format!("节点时钟不可用：{error}"),
                format!("The clock of the node cannot be used: {error}"),
            )
        })
    }

    fn header(&self, text: &str) -> Result<HeaderValue> {
        HeaderValue::from_str(text).map_err(|_| {
            self.unlike(
                "ETag",
                "对象的 ETag 含有请求头不允许的字符。",
                "The entity tag of the object has characters that no header may carry.",
            )
        })
    }

    /// The bucket as it is told.
    fn name(&self) -> String {
        let url: &Url = self.bucket.base_url();
        url.as_str().trim_end_matches('/').to_owned()
    }

    fn refused(&self, answer: &Answer) -> Error {
        let asked = answer.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        Error::Store {
            bucket: self.name(),
            status: answer.status.as_u16(),
            says: listing::code(&answer.body),
            retry_after_s: asked.and_then(|seconds| seconds.trim().parse().ok()),
        }
    }

    /// An answer that is not what it should be.
    pub(super) fn unlike(&self, place: &str, zh: impl Into<String>, en: impl Into<String>) -> Error {
        Error::Answer { origin: self.name(), place: place.to_owned(), says: Text::new(zh, en) }
    }
}

/// A tag without what says how strong it is; some listings leave the quotes out.
fn opaque(tag: &str) -> &str {
    tag.trim().trim_start_matches("W/").trim_matches('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_the_same_with_and_without_quotes() {
        assert_eq!(opaque("\"abc\""), opaque("abc"));
        assert_eq!(opaque("W/\"abc\""), "abc");
        assert_ne!(opaque("\"abc\""), opaque("\"xyz\""));
    }
}
