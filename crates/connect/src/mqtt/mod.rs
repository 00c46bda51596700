//! Topics of an MQTT 5.0 broker: messages go to a spool of the connector, are acknowledged, and land from there.
//!
//! MQTT has no positions: what is acknowledged is gone at the broker. So a message is on our disk before it is
//! acknowledged, the position is its number in the spool, and what has landed leaves the spool at the next fetch.
//! A session that outlives the connection makes the broker keep what comes between two fetches.
//! Only the decoder of packets is a library's: its client opens connections of its own and acknowledges on its own.

mod disk;
mod listen;
mod session;
mod wire;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use brain_kernel::hexadecimal;
use brain_kernel::language::Text;
use rand::RngExt as _;
use rumqttc::v5::mqttbytes::valid_filter;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::encryption::Encryption;
use crate::message::tell_too_large;
use crate::settings::{number, text};
use crate::{Control, Error, Fetched, Finding, Landing, Position, Result, Secret, Source, Surroundings};
use disk::Disk;
pub use listen::lines_of_packets;
use listen::{Bounds, Heard, Listener};
use session::{Session, Terms};

/// Longest topic filter, bytes.
const TOPIC_BYTES_MAX: usize = 1_000;
/// What a shared subscription begins with.
const SHARED: &str = "$share/";

/// Settings of topics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MqttSettings {
    /// 主机；tcp://主机:端口 须列入 egress.allow · Host; tcp://host:port stands in egress.allow.
    #[schemars(length(min = 1, max = 1_000))]
    pub host: String,
    /// 端口 · Port.
    #[serde(default = "port")]
    pub port: u16,
    /// 加密 · Encryption of the connection.
    #[serde(default)]
    pub tls: Encryption,
    /// 用户；口令另存 · User; the password is kept elsewhere.
    #[serde(default)]
    pub user: Option<String>,
    /// 主题过滤器，可用 + 与 #，可共享（$share/组/过滤器）· Topic filter; + and # stand for what varies; it may be shared
    /// ($share/group/filter).
    #[schemars(length(min = 1, max = 1_000))]
    pub topic: String,
    /// 客户端标识；不填则由节点给定 · Client id; the node's own where absent.
    #[serde(default)]
    pub client_id: Option<String>,
    /// 每次最多收听的秒数 · Seconds that one fetch listens at most.
    #[serde(default = "listen_s")]
    #[schemars(range(min = 1, max = 3_600))]
    pub listen_s: u64,
    /// 断开后对方保留会话的秒数 · Seconds for which the broker keeps the session after a connection.
    #[serde(default = "session_s")]
    #[schemars(range(min = 60, max = 4_294_967_294_u32))]
    pub session_s: u32,
    /// 暂存区上限，MiB · Most that received messages may take on this node's disk, MiB.
    #[serde(default = "spool_mib")]
    #[schemars(range(min = 1, max = 65_536))]
    pub spool_mib: u64,
}

const fn port() -> u16 {
    8883
}

const fn listen_s() -> u64 {
    20
}

const fn session_s() -> u32 {
    7 * 86_400
}

const fn spool_mib() -> u64 {
    1_024
}

impl MqttSettings {
    pub(crate) fn check(&self) -> Result<()> {
        text("host", &self.host)?;
        number("port", u64::from(self.port), 1..=65_535)?;
        for (place, value) in [("user", &self.user), ("client_id", &self.client_id)] {
            value.iter().try_for_each(|value| text(place, value))?;
        }
        text("topic", &self.topic)?;
        let filter = match self.topic.strip_prefix(SHARED) {
            None => Some(self.topic.as_str()),
            Some(shared) => shared.split_once('/').and_then(|(group, filter)| {
                (!group.is_empty() && !group.contains(['+', '#'])).then_some(filter)
            }),
        };
        if self.topic.len() > TOPIC_BYTES_MAX || !filter.is_some_and(valid_filter) {
            return Err(Error::setting(
                "topic",
                "不是主题过滤器：+ 占一整级，# 只在末级；共享写成 $share/组/过滤器；不超过 1000 字节。",
                "It is no topic filter: + takes a whole level, # only the last; shared is $share/group/filter; at most 1000 bytes.",
            ));
        }
        number("listen_s", self.listen_s, 1..=3_600)?;
        number("session_s", u64::from(self.session_s), 60..=4_294_967_294)?;
        number("spool_mib", self.spool_mib, 1..=65_536)
    }

    /// The filter without the group it is shared in.
    fn filter(&self) -> &str {
        let shared = self.topic.strip_prefix(SHARED).and_then(|shared| shared.split_once('/'));
        shared.map_or(self.topic.as_str(), |(_, filter)| filter)
    }
}

/// Where reading stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    /// Id of the spool.
    spool: String,
    /// Number of the last message that landed.
    sequence: u64,
    /// Filter that the session is subscribed to.
    topic: String,
}

pub(crate) struct Mqtt {
    settings: MqttSettings,
    secret: Option<Secret>,
    surroundings: Surroundings,
}

impl Mqtt {
    pub(crate) fn new(
        settings: MqttSettings,
        secret: Option<Secret>,
        surroundings: Surroundings,
    ) -> Result<Self> {
        if settings.user.is_none() && secret.is_some() {
            return Err(Error::setting(
                "user",
                "有口令就须填写用户。",
                "With a password the user has to be named.",
            ));
        }
        Ok(Self { settings, secret, surroundings })
    }

    fn folder(&self) -> Result<PathBuf> {
        self.surroundings.own.clone().ok_or_else(|| {
            let cause = std::io::Error::other("this source has no folder of its own");
            disk::failed(std::path::Path::new("-"), cause)
        })
    }

    /// The client id of a connector: the same for as long as it lives, of letters and digits that every broker takes
    /// (MQTT 5.0 §3.1.3.1).
    fn client_id(&self) -> String {
        if let Some(given) = &self.settings.client_id {
            return given.clone();
        }
        let own = self.surroundings.own.as_deref().and_then(std::path::Path::file_name);
        let of = own.map_or_else(|| random().into_bytes(), |name| name.as_encoded_bytes().to_vec());
        let digest: Vec<u8> = Sha256::digest(of).iter().take(9).copied().collect();
        format!("brain{}", hexadecimal::encode(&digest))
    }

    async fn session(&self, terms: Terms) -> Result<Session> {
        Session::open(&self.settings, self.secret.as_ref(), &self.surroundings.egress, terms).await
    }

    /// Listen; `topic` becomes what the session is subscribed to.
    async fn listen(
        &self,
        disk: &mut Disk,
        before: Option<&Read>,
        topic: &mut String,
        bounds: &Bounds,
        control: &Control,
    ) -> Result<Heard> {
        let terms = Terms { client_id: self.client_id(), kept_s: self.settings.session_s };
        let mut session = self.session(terms).await?;
        if before.is_some() && !session.is_resumed {
            control.tell(Text::new(
                "消息服务器已不再保留本连接器的会话；上次运行之后发布的消息可能缺失。",
                "The broker has not kept this connector's session: messages published since the last run may be missing.",
            ));
        }
        if *topic != self.settings.topic && session.is_resumed {
            session.unsubscribe(topic).await?;
        }
        session.subscribe(&self.settings.topic).await?;
        topic.clone_from(&self.settings.topic);
        let mut listener = Listener::new(session, disk, self.surroundings.clock.clone(), control)?;
        let heard = listener.listen(bounds).await;
        tell_too_large(&self.settings.topic, listener.too_large, control);
        let heard = heard?;
        listener.finish(heard).await?;
        Ok(heard)
    }

    /// The spool, and the number of the last of its messages that has landed.
    async fn spool(&self, before: Option<&Read>, control: &Control) -> Result<(Disk, u64)> {
        let (mut disk, cut) = Disk::open(self.folder()?, random()).await?;
        if cut > 0 {
            control.tell(Text::new(
                format!("暂存区末尾有 {cut} 字节不完整（写入时断电或故障），已截去；其中的消息没有确认过，会再送来。"),
                format!("The spool ended in {cut} bytes that were not whole (a crash while they were written); they were cut off. Their messages were never acknowledged and come again."),
            ));
        }
        let spool = disk.spool()?;
        let Some(read) = before else {
            let landed = spool.first() - 1;
            return Ok((disk, landed));
        };
        if read.spool != spool.id() {
            control.tell(Text::new(
                "暂存区不是上次的那个（文件夹被删除或恢复过）；其中已确认而未入仓的消息可能缺失。",
                "The spool is another one than last time (its folder was removed or restored): messages that were acknowledged and had not landed may be missing.",
            ));
            let landed = spool.first() - 1;
            return Ok((disk, landed));
        }
        let (landed, first) = (read.sequence, spool.first());
        if first > landed + 1 {
            control.tell(Text::new(
                format!("暂存区从第 {first} 号开始，而读取位置在第 {landed} 号（读取位置被恢复过）；其间的消息已不在。"),
                format!("The spool begins with number {first}, and {landed} has landed (the position was restored): what lies between is gone."),
            ));
        }
        if disk.run(move |spool| spool.landed(landed)).await? {
            control.tell(Text::new(
                "暂存区的消息少于已入仓的（文件夹被恢复过）；从已入仓的之后继续。",
                "The spool holds less than has landed (its folder was restored); it goes on after that.",
            ));
        }
        Ok((disk, landed))
    }

    /// Write what waits into the landing; the number of the last message written, and whether more waits.
    async fn hand_out(
        &self,
        disk: &mut Disk,
        landed: u64,
        landing: &mut Landing,
        control: &Control,
    ) -> Result<(u64, bool)> {
        let (mut last, mut reader) = (landed, disk.spool()?.reader(landed));
        loop {
            control.check()?;
            let folder = self.folder()?;
            let read = disk::blocking(move || reader.chunk().map(|lines| (reader, lines))).await;
            let (again, lines) = read.map_err(|cause| disk::failed(&folder, cause))?;
            reader = again;
            if lines.is_empty() {
                return Ok((last, false));
            }
            for (number, line) in lines {
                landing.line(&line).await?;
                last = number;
                if landing.is_full() {
                    return Ok((last, disk.spool()?.waiting(last).0 > 0));
                }
            }
        }
    }
}

#[async_trait::async_trait]
impl Source for Mqtt {
    /// Under another client id and without the group of a shared subscription: a fetch under way goes on, and nobody
    /// misses a message.
    async fn test(&self, _control: &Control) -> Result<Finding> {
        let terms = Terms { client_id: format!("{}-test", self.client_id()), kept_s: 0 };
        let mut session = self.session(terms).await?;
        let filter = self.settings.filter();
        session.subscribe(filter).await?;
        session.end().await;
        Ok(Finding {
            found: Text::new(
                format!("已连接，可以订阅 {filter}"),
                format!("connected; {filter} may be subscribed to"),
            ),
            fields: Vec::new(),
        })
    }

    async fn fetch(
        &self,
        after: Option<&Position>,
        landing: &mut Landing,
        control: &Control,
    ) -> Result<Option<Fetched>> {
        let before: Option<Read> = after.map(Position::read).transpose()?;
        let (mut disk, landed) = self.spool(before.as_ref(), control).await?;
        let mut topic =
            before.as_ref().map_or_else(|| self.settings.topic.clone(), |read| read.topic.clone());
        let bounds = Bounds {
            landed,
            rows: landing.rows_max(),
            bytes: landing.bytes_max(),
            spool_bytes: self.settings.spool_mib << 20,
            until: Instant::now() + Duration::from_secs(self.settings.listen_s),
        };
        let (rows, bytes) = disk.spool()?.waiting(landed);
        let heard = if rows >= bounds.rows || bytes >= bounds.bytes {
            Ok(Heard::Batch)
        } else {
            self.listen(&mut disk, before.as_ref(), &mut topic, &bounds, control).await
        };
        let again = match heard {
            Ok(Heard::TimeUp) => false,
            Ok(Heard::Batch) => true,
            Ok(Heard::SpoolFull) => {
                let limit = self.settings.spool_mib;
                control.tell(Text::new(
                    format!("暂存区已满（{limit} MiB），先入仓再接收；其间消息留在消息服务器上。"),
                    format!(
                        "The spool is full ({limit} MiB): it lands first, and messages wait at the broker."
                    ),
                ));
                true
            }
            Err(error @ (Error::Cancelled | Error::Spool { .. })) => return Err(error),
            // What was kept lands although the broker is away; the next fetch meets the failure again.
            Err(error) if disk.spool()?.waiting(landed).0 > 0 => {
                tracing::warn!(%error, "listening broke off; what was kept lands");
                true
            }
            Err(error) => return Err(error),
        };
        landing.begin("messages.jsonl").await?;
        let (sequence, waits) = self.hand_out(&mut disk, landed, landing, control).await?;
        let read = Read { spool: disk.spool()?.id().to_owned(), sequence, topic };
        if landing.rows() == 0 && before.as_ref() == Some(&read) {
            return Ok(None);
        }
        Ok(Some(Fetched { position: Position::of(&read)?, more: waits || again }))
    }
}

fn random() -> String {
    format!("{:016x}", rand::rng().random::<u64>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(topic: &str) -> MqttSettings {
        serde_json::from_value(serde_json::json!({ "host": "broker.example", "topic": topic })).unwrap()
    }

    #[test]
    fn filters_are_those_of_the_protocol() {
        for topic in ["a", "a/+/c", "#", "+", "$share/group/a/#", "厂区/一号/温度"] {
            assert!(settings(topic).check().is_ok(), "{topic}");
        }
        for topic in ["", "a/#/b", "a+", "a/b#", "$share/group", "$share//a", "$share/+/a", "a\u{0}b"] {
            assert!(settings(topic).check().is_err(), "{topic}");
        }
        assert!(settings(&"长".repeat(400)).check().is_err(), "more than 1000 bytes");
        assert_eq!(settings("$share/group/a/#").filter(), "a/#");
        assert_eq!(settings("a/#").filter(), "a/#");
    }

    #[test]
    fn packets_become_lines() {
        let packet = b"\x30\x0d\x00\x03a/b\x00{\"n\":1}";
        let lines = lines_of_packets(packet);
        let row: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!((&row["_topic"], &row["n"]), (&serde_json::json!("a/b"), &serde_json::json!(1)));
    }
}
