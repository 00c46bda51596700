//! Where an object store holds the lake, as the operator writes it.

use crate::Result;
use crate::error::refuse;
use brain_egress::Url;
use brain_kernel::error::ErrorKind;
use std::fmt;

/// Longest prefix inside the bucket, bytes; names of tables and files come behind it.
const PREFIX_BYTES_MAX: usize = 200;

/// Bucket, prefix and endpoint of a lake; parsed once, so that no other part of the program checks them again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectPlace {
    bucket: String,
    prefix: String,
    endpoint: String,
}

impl ObjectPlace {
    /// Parse `s3://bucket/prefix` and an endpoint such as `https://s3.example:9000`.
    ///
    /// # Errors
    /// Refused with the key to change: another scheme, a name no bucket can have, a prefix that leads elsewhere, an
    /// endpoint with a path or credentials, or plain HTTP to another machine.
    pub fn parse(url: &str, endpoint: &str) -> Result<Self> {
        let rest = url.strip_prefix("s3://").ok_or_else(|| wrong_url(url))?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let prefix = prefix.trim_end_matches('/');
        let name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
        let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let is_bucket = (3..=63).contains(&bucket.len())
            && bucket.chars().all(name)
            && bucket.starts_with(edge)
            && bucket.ends_with(edge);
        let part = |text: &str| {
            let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            !text.is_empty() && text != "." && text != ".." && text.chars().all(word)
        };
        let is_prefix =
            prefix.len() <= PREFIX_BYTES_MAX && (prefix.is_empty() || prefix.split('/').all(part));
        if !is_bucket || !is_prefix {
            return Err(wrong_url(url));
        }
        let endpoint = checked_endpoint(endpoint)?;
        Ok(Self { bucket: bucket.to_owned(), prefix: prefix.to_owned(), endpoint })
    }

    /// Address of the store, without a slash at its end.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(super) fn bucket(&self) -> &str {
        &self.bucket
    }

    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// `s3://bucket/prefix/`.
    pub(super) fn root(&self) -> Result<Url> {
        let slash = if self.prefix.is_empty() { "" } else { "/" };
        let text = format!("s3://{}/{}{slash}", self.bucket, self.prefix);
        Ok(Url::parse(&text).map_err(std::io::Error::other)?)
    }
}

impl fmt::Display for ObjectPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}", self.bucket)?;
        if !self.prefix.is_empty() {
            write!(f, "/{}", self.prefix)?;
        }
        write!(f, " @ {}", self.endpoint)
    }
}

fn checked_endpoint(text: &str) -> Result<String> {
    let wrong = || {
        refuse(
            ErrorKind::InvalidArgument,
            "warehouse/lake-endpoint",
            format!(
                "lake.endpoint = {text:?} 无效：请写成 https://主机:端口，不带路径、参数和账号；只有本机可以用 http://。"
            ),
            format!(
                "lake.endpoint = {text:?}: write https://host:port, without path, query or account; plain http:// is for this machine only."
            ),
        )
    };
    let url = Url::parse(text).map_err(|_| wrong())?;
    let bare = matches!(url.path(), "" | "/")
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let here =
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    let allowed = match url.scheme() {
        "https" => !host.is_empty(),
        "http" => here,
        _ => false,
    };
    if bare && allowed { Ok(text.trim_end_matches('/').to_owned()) } else { Err(wrong()) }
}

fn wrong_url(url: &str) -> crate::Error {
    refuse(
        ErrorKind::InvalidArgument,
        "warehouse/lake-url",
        format!(
            "lake.url = {url:?} 无效：请写成 s3://存储桶/前缀，桶名为 3 至 63 个小写字母、数字、“-”“.”，前缀只含字母、数字和“-”“_”“.”；留空则用本地文件夹。"
        ),
        format!(
            "lake.url = {url:?}: write s3://bucket/prefix, the bucket of 3 to 63 lower-case letters, digits, '-' and '.', the prefix of letters, digits, '-', '_' and '.'; leave it empty for the local folder."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::ObjectPlace;

    const HTTPS: &str = "https://s3.example:9000";

    #[test]
    fn a_place_is_bucket_prefix_and_endpoint() {
        let place = ObjectPlace::parse("s3://lake/brain/one/", "https://s3.example:9000/").unwrap();
        assert_eq!((place.bucket(), place.prefix(), place.endpoint()), ("lake", "brain/one", HTTPS));
        assert_eq!(place.root().unwrap().as_str(), "s3://lake/brain/one/");
        assert_eq!(place.to_string(), "s3://lake/brain/one @ https://s3.example:9000");
        let bare = ObjectPlace::parse("s3://lake", HTTPS).unwrap();
        assert_eq!((bare.prefix(), bare.root().unwrap().as_str()), ("", "s3://lake/"));
    }

    #[test]
    fn what_is_no_place_is_refused_with_the_key_to_change() {
        let long = format!("s3://lake/{}", "a".repeat(201));
        for url in [
            "",
            "lake",
            "gs://lake",
            "s3://",
            "s3://La",
            "s3://lake/../x",
            "s3://lake/a//b",
            "s3://lake/a b",
            "s3://-lake",
            "s3://lake-",
            "s3://lake/%2e%2e",
            &long,
        ] {
            let error = ObjectPlace::parse(url, HTTPS).unwrap_err();
            assert_eq!(error.code(), "warehouse/lake-url", "{url}");
        }
        for endpoint in [
            "",
            "s3.example",
            "ftp://s3.example",
            "http://s3.example",
            "http://10.0.0.5:9000",
            "https://s3.example/path",
            "https://a:b@s3.example",
            "https://s3.example?x=1",
        ] {
            let error = ObjectPlace::parse("s3://lake", endpoint).unwrap_err();
            assert_eq!(error.code(), "warehouse/lake-endpoint", "{endpoint}");
        }
        for here in ["http://127.0.0.1:9000", "http://localhost:9000", "http://[::1]:9000"] {
            assert!(ObjectPlace::parse("s3://lake", here).is_ok(), "{here}");
        }
    }
}
