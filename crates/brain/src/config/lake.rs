//! `[lake]`: where the tables lie.

use super::Config;
use super::check::told;
use anyhow::{Result, bail};
use brain_egress::Egress;
use brain_warehouse::ObjectPlace;
use serde::{Deserialize, Serialize};

/// Longest name of a region or an access key, bytes.
const NAME_BYTES_MAX: usize = 128;

/// `[lake]`: the folder `lake` of the data folder, or an S3-compatible object store.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LakeConfig {
    /// Empty for the data folder, or `s3://bucket/prefix`.
    pub url: String,
    /// Address of the object store, such as `https://s3.example:9000`.
    pub endpoint: String,
    /// Region that requests are signed for.
    pub region: String,
    /// Name of the access key.
    pub access_key_id: String,
    /// Where the key itself is: `env:NAME`, or `file:/path` of a file that its owner alone can read.
    pub secret_access_key: String,
}

impl LakeConfig {
    /// The place on an object store; `None` for the data folder.
    pub fn place(&self) -> brain_warehouse::Result<Option<ObjectPlace>> {
        if self.url.is_empty() { Ok(None) } else { ObjectPlace::parse(&self.url, &self.endpoint).map(Some) }
    }
}

/// Whether everything an object store takes is there, and nothing is set for nobody.
pub(super) fn check(config: &Config) -> Result<()> {
    let lake = &config.lake;
    let Some(place) = lake.place().map_err(|error| told(error.into()))? else {
        let set = [
            ("endpoint", &lake.endpoint),
            ("access_key_id", &lake.access_key_id),
            ("secret_access_key", &lake.secret_access_key),
        ];
        if let Some((key, _)) = set.iter().find(|(_, value)| !value.is_empty()) {
            bail!(
                "设置了 lake.{key} 却没有 lake.url，请写明 lake.url = \"s3://存储桶/前缀\"，或删去前者。\n\
                 lake.{key} is for lake.url, which is not set: write lake.url = \"s3://bucket/prefix\", or leave the former out."
            );
        }
        return Ok(());
    };
    let word = |text: &str| {
        !text.is_empty()
            && text.len() <= NAME_BYTES_MAX
            && text.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '/' | ',' | '"'))
    };
    for (key, value) in [("region", &lake.region), ("access_key_id", &lake.access_key_id)] {
        if !word(value) {
            bail!(
                "lake.{key} 须填写：1 至 {NAME_BYTES_MAX} 个可见字符，不含 / , \"。\n\
                 lake.{key} is needed: 1 to {NAME_BYTES_MAX} printable characters without / , \"."
            );
        }
    }
    let secret = &lake.secret_access_key;
    let named = secret.strip_prefix("env:").or_else(|| secret.strip_prefix("file:"));
    if named.is_none_or(str::is_empty) {
        bail!(
            "lake.secret_access_key 应写成 env:变量名 或 file:/路径，密钥本身不写入配置文件。\n\
             lake.secret_access_key: write env:NAME or file:/path; the key itself does not belong in the file."
        );
    }
    Egress::new(&config.egress)
        .and_then(|egress| egress.permit(place.endpoint()))
        .map_err(|error| told(error.into()))
}
