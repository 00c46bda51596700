//! Answers of an object store in XML: a page of a listing, and the code of a refusal.
//!
//! Read by local names: not every store writes the elements in the namespace of the first one.

use chrono::{DateTime, Utc};
use percent_encoding::percent_decode_str;

use crate::xml;

/// Longest code of a refusal, characters.
const CODE_CHARACTERS_MAX: usize = 64;

/// One page of a listing (`ListObjectsV2`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Its objects.
    pub objects: Vec<Listed>,
    /// What asks for the next page; `None` at the end.
    pub next: Option<String>,
}

/// An object as it is listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// Its size, bytes.
    pub bytes: u64,
    /// Its entity tag with its quotes, where the store lists it.
    pub etag: Option<String>,
    /// When it was written.
    pub modified: Option<DateTime<Utc>>,
}

impl Listing {
    /// The page in the body of an answer. The error says what is wrong with it.
    pub fn read(body: &[u8]) -> Result<Self, String> {
        let document = std::str::from_utf8(body).map_err(|_| "it is no UTF-8".to_owned())?;
        let (mut listing, mut object, mut size) = (Self::default(), Listed::default(), None);
        let (mut truncated, mut encoded, mut is_listing) = (false, false, false);
        xml::elements(document, |element| {
            let text = element.text;
            let within: Vec<&str> = element.around.iter().map(String::as_str).collect();
            match (within.as_slice(), element.name) {
                ([_], "IsTruncated") => truncated = text.trim() == "true",
                ([_], "NextContinuationToken") => listing.next = Some(text.to_owned()),
                ([_], "EncodingType") => encoded = text.trim() == "url",
                ([_, "Contents"], "Key") => text.clone_into(&mut object.key),
                ([_, "Contents"], "ETag") => {
                    object.etag = Some(text.trim().to_owned()).filter(|tag| !tag.is_empty());
                }
                ([_, "Contents"], "LastModified") => {
                    object.modified =
                        DateTime::parse_from_rfc3339(text.trim()).ok().map(|time| time.to_utc());
                }
                ([_, "Contents"], "Size") => {
                    let bytes = text.trim().parse::<u64>();
                    size = Some(bytes.map_err(|_| format!("{} has no size", object.key))?);
                }
                ([_], "Contents") => {
                    object.bytes = size.take().ok_or_else(|| format!("{} has no size", object.key))?;
                    listing.objects.push(std::mem::take(&mut object));
                }
                ([], "ListBucketResult") => is_listing = true,
                _ => {}
            }
            Ok(())
        })?;
        if !is_listing {
            return Err("it is no ListBucketResult".to_owned());
        }
        listing.next = listing.next.filter(|token| truncated && !token.is_empty());
        if truncated && listing.next.is_none() {
            return Err("it goes on, and does not say how".to_owned());
        }
        if encoded {
            for object in &mut listing.objects {
                object.key = decoded(&object.key)?;
            }
        }
        Ok(listing)
    }
}

/// A key as forms encode it, which is how stores understand `encoding-type=url`.
fn decoded(key: &str) -> Result<String, String> {
    let spaced = key.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8();
    decoded.map(std::borrow::Cow::into_owned).map_err(|_| format!("the key {key} is no UTF-8"))
}

/// The code of a refusal, such as `NoSuchBucket`; empty where the answer has none. What a store says besides is not
/// taken over: it may hold anything.
pub(super) fn code(body: &[u8]) -> String {
    let mut code = String::new();
    let document = std::str::from_utf8(body).unwrap_or_default();
    // An answer that is no XML has no code.
    let read = xml::elements(document, |element| {
        if let ([_], "Code") = (element.around, element.name) {
            element.text.trim().clone_into(&mut code);
        }
        Ok(())
    });
    let plain = read.is_ok()
        && code.len() <= CODE_CHARACTERS_MAX
        && code.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'.');
    if plain { code } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn page(namespace: &str, inside: &str) -> String {
        format!("<?xml version=\"1.0\"?><ListBucketResult{namespace}>{inside}</ListBucketResult>")
    }

    #[test]
    fn a_page_is_read_whatever_its_namespace() {
        let inside = "<Name>b</Name><IsTruncated>true</IsTruncated><NextContinuationToken>a+/=</NextContinuationToken>\
            <EncodingType>url</EncodingType><Contents><Key>%E4%BC%81+%2B.csv</Key><LastModified>2026-11-30T08:00:00.000Z</LastModified>\
            <ETag>&quot;abc&quot;</ETag><Size>7</Size><StorageClass>STANDARD</StorageClass></Contents>\
            <Contents><Key>b</Key><Size>0</Size></Contents><CommonPrefixes><Prefix>x/</Prefix></CommonPrefixes>";
        for namespace in
            [" xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"", " xmlns=\"http://store.example/doc/\"", ""]
        {
            let listing = Listing::read(page(namespace, inside).as_bytes()).unwrap();
            assert_eq!(listing.next.as_deref(), Some("a+/="));
            let first = &listing.objects[0];
            assert_eq!((first.key.as_str(), first.bytes), ("企 +.csv", 7));
            assert_eq!(first.etag.as_deref(), Some("\"abc\""));
            assert_eq!(first.modified, Some("2026-11-30T08:00:00Z".parse().unwrap()));
            let second = Listed { key: "b".to_owned(), ..Listed::default() };
            assert_eq!(listing.objects[1], second);
        }
    }

    #[test]
    fn a_key_that_is_not_encoded_stays_as_it_is() {
        let listing = page("", "<Contents><Key>a+b%20&amp;</Key><Size>1</Size></Contents>");
        assert_eq!(Listing::read(listing.as_bytes()).unwrap().objects[0].key, "a+b%20&");
    }

    #[test]
    fn what_is_no_listing_is_said() {
        for (body, says) in [
            ("<Error><Code>AccessDenied</Code></Error>".to_owned(), "no ListBucketResult"),
            (page("", "<IsTruncated>true</IsTruncated>"), "does not say how"),
            (page("", "<Contents><Key>a</Key></Contents>"), "a has no size"),
            (page("", "<Contents><Key>a</Key><Size>-1</Size></Contents>"), "a has no size"),
            ("<html>".to_owned(), "cut short"),
        ] {
            let error = Listing::read(body.as_bytes()).unwrap_err();
            assert!(error.contains(says), "{body}: {error}");
        }
    }

    #[test]
    fn a_refusal_gives_its_code_and_nothing_else() {
        assert_eq!(code(b"<Error><Code>NoSuchBucket</Code><Message>x</Message></Error>"), "NoSuchBucket");
        for other in ["<html>no</html>", "nothing", "<Error><Code>a b\n</Code></Error>", "<Error/>"] {
            assert_eq!(code(other.as_bytes()), "", "{other}");
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_refused(body in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = Listing::read(&body);
            prop_assert!(code(&body).len() <= CODE_CHARACTERS_MAX);
        }

        #[test]
        fn a_key_comes_back_as_it_was(key in "\\PC{1,40}") {
            let encoded: String = percent_encoding::utf8_percent_encode(&key, percent_encoding::NON_ALPHANUMERIC).to_string();
            prop_assert_eq!(decoded(&encoded), Ok(key));
        }
    }
}
