//! A session with a broker: let in, subscribed, and ended.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use brain_kernel::language::Text;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{
    ConnAck, Connect, ConnectProperties, ConnectReturnCode, Disconnect, DisconnectReasonCode, Filter, Login,
    Packet, RetainForwardRule, SubAck, Subscribe, SubscribeReasonCode, Unsubscribe,
};

use super::MqttSettings;
use super::wire::{Broken, Incoming, Wire};
use crate::encryption::{self, Encryption};
use crate::{Error, Result, Secret};

/// What connections are accounted for as.
const PURPOSE: &str = "connector.mqtt";
/// Longest wait for an answer.
pub(super) const ANSWER: Duration = Duration::from_secs(30);
/// Seconds of silence after which the broker would give us up.
const KEEP_ALIVE_S: u16 = 60;
/// Messages the broker may send before one is acknowledged.
pub(super) const IN_FLIGHT_MAX: u16 = 100;
/// Packets of ours that want an answer have these numbers.
const SUBSCRIBE: u16 = 1;
const UNSUBSCRIBE: u16 = 2;

/// How a session is asked for.
pub(super) struct Terms {
    pub(super) client_id: String,
    /// Seconds the broker keeps it after us; 0 where it begins anew and ends with the connection.
    pub(super) kept_s: u32,
}

/// A session.
pub(super) struct Session {
    pub(super) wire: Wire,
    server: String,
    /// Whether the broker still had it.
    pub(super) is_resumed: bool,
    /// Longest silence of ours.
    pub(super) keep_alive: Duration,
    /// What came while an answer was waited for.
    pub(super) early: VecDeque<Incoming>,
}

impl Session {
    /// Connect to the address that the way out has checked, and be let in.
    pub(super) async fn open(
        settings: &MqttSettings,
        secret: Option<&Secret>,
        egress: &brain_egress::Egress,
        terms: Terms,
    ) -> Result<Self> {
        let url = format!("tcp://{}:{}", settings.host, settings.port);
        let stream = egress.connect(PURPOSE, &url).await?;
        // Small packets that are waited for; a connection without this works, only slower.
        stream.set_nodelay(true).ok();
        let server = format!("{}:{}", settings.host, settings.port);
        let wire = match settings.tls {
            Encryption::Off => Wire::new(stream),
            tls => {
                let connector = tokio_rustls::TlsConnector::from(Arc::new(tls.client(&settings.host)?));
                let name = encryption::server_name(&settings.host)?;
                match tokio::time::timeout(ANSWER, connector.connect(name, stream)).await {
                    Ok(stream) => Wire::new(stream.map_err(|error| failed(&server, &Broken::Io(error)))?),
                    Err(_) => return Err(silent(&server)),
                }
            }
        };
        let mut session =
            Self { wire, server, is_resumed: false, keep_alive: Duration::ZERO, early: VecDeque::new() };
        session.begin(settings, secret, terms).await?;
        Ok(session)
    }

    async fn begin(&mut self, settings: &MqttSettings, secret: Option<&Secret>, terms: Terms) -> Result<()> {
        let mut properties = ConnectProperties::new();
        properties.session_expiry_interval = Some(terms.kept_s);
        properties.receive_maximum = Some(IN_FLIGHT_MAX);
        let connect = Connect {
            keep_alive: KEEP_ALIVE_S,
            client_id: terms.client_id,
            clean_start: terms.kept_s == 0,
            properties: Some(properties),
        };
        let login = settings
            .user
            .as_ref()
            .map(|user| Login::new(user.clone(), secret.map(Secret::expose).unwrap_or_default()));
        self.send(&[Packet::Connect(connect, None, login)]).await?;
        let ConnAck { session_present, code, properties } = self
            .answer(|packet| match packet {
                Packet::ConnAck(answer) => Some(answer.clone()),
                _ => None,
            })
            .await?;
        if code != ConnectReturnCode::Success {
            return Err(self.not_let_in(code));
        }
        self.is_resumed = session_present;
        let asked = properties.and_then(|properties| properties.server_keep_alive).unwrap_or(KEEP_ALIVE_S);
        self.keep_alive = Duration::from_secs(u64::from(if asked == 0 { KEEP_ALIVE_S } else { asked }));
        Ok(())
    }

    /// Have messages of a filter sent at least once. Retained ones come when the subscription is new.
    pub(super) async fn subscribe(&mut self, topic: &str) -> Result<()> {
        let filter = Filter {
            retain_forward_rule: RetainForwardRule::OnNewSubscribe,
            preserve_retain: true,
            ..Filter::new(topic, QoS::AtLeastOnce)
        };
        let subscribe = Subscribe { pkid: SUBSCRIBE, ..Subscribe::new(filter, None) };
        self.send(&[Packet::Subscribe(subscribe)]).await?;
        let SubAck { return_codes, .. } = self
            .answer(|packet| match packet {
                Packet::SubAck(answer) if answer.pkid == SUBSCRIBE => Some(answer.clone()),
                _ => None,
            })
            .await?;
        match return_codes.first() {
            Some(SubscribeReasonCode::Success(QoS::AtLeastOnce)) => Ok(()),
            Some(SubscribeReasonCode::Success(granted)) => Err(self.broker(
                Text::new(
                    format!("只给 QoS {}，消息可能丢失，未接收", *granted as u8),
                    format!(
                        "it grants only QoS {}: messages might be lost, so none is taken",
                        *granted as u8
                    ),
                ),
                false,
            )),
            Some(refusal) => Err(self.broker(
                Text::new(
                    format!("不接受对 {topic} 的订阅（{refusal:?}）"),
                    format!("it refuses the subscription to {topic} ({refusal:?})"),
                ),
                matches!(refusal, SubscribeReasonCode::QuotaExceeded | SubscribeReasonCode::Unspecified),
            )),
            None => {
                Err(self
                    .broker(Text::new("对订阅的应答为空", "it answers a subscription with nothing"), false))
            }
        }
    }

    /// Have nothing of a filter sent any more.
    pub(super) async fn unsubscribe(&mut self, topic: &str) -> Result<()> {
        let unsubscribe = Unsubscribe { pkid: UNSUBSCRIBE, ..Unsubscribe::new(topic, None) };
        self.send(&[Packet::Unsubscribe(unsubscribe)]).await?;
        self.answer(|packet| match packet {
            Packet::UnsubAck(answer) => Some(answer.pkid),
            _ => None,
        })
        .await?;
        Ok(())
    }

    /// Wait for an answer; messages that come meanwhile are kept for later, no more than the broker may send unasked.
    async fn answer<T>(&mut self, is_it: impl Fn(&Packet) -> Option<T>) -> Result<T> {
        let waiting = async {
            loop {
                let incoming = self.wire.next().await.map_err(|error| failed(&self.server, &error))?;
                match incoming {
                    Incoming::Packet(Packet::Disconnect(goodbye)) => {
                        return Err(ended(&self.server, &goodbye));
                    }
                    Incoming::Packet(packet) => match is_it(&packet) {
                        Some(answer) => return Ok(answer),
                        None => self.early.push_back(Incoming::Packet(packet)),
                    },
                    too_large @ Incoming::TooLarge(_) => self.early.push_back(too_large),
                }
                if self.early.len() > 2 * usize::from(IN_FLIGHT_MAX) {
                    let cause = Text::new("不应答，只发来消息", "it sends messages and no answer");
                    return Err(Error::Broker { server: self.server.clone(), cause, transient: true });
                }
            }
        };
        match tokio::time::timeout(ANSWER, waiting).await {
            Ok(answer) => answer,
            Err(_) => Err(silent(&self.server)),
        }
    }

    /// Send packets, together.
    pub(super) async fn send(&mut self, packets: &[Packet]) -> Result<()> {
        match tokio::time::timeout(ANSWER, self.wire.send(packets)).await {
            Ok(sent) => sent.map_err(|error| failed(&self.server, &error)),
            Err(_) => Err(silent(&self.server)),
        }
    }

    /// Say goodbye; the broker keeps the session as long as it was asked to.
    pub(super) async fn end(mut self) {
        let goodbye = Disconnect::new(DisconnectReasonCode::NormalDisconnection);
        let ended = async {
            self.wire.send(&[Packet::Disconnect(goodbye)]).await?;
            self.wire.close().await.map_err(Broken::Io)
        };
        if let Ok(Err(error)) = tokio::time::timeout(ANSWER, ended).await {
            tracing::debug!(%error, "a broker was left without a goodbye");
        }
    }

    /// What breaks a connection, as an error of the source.
    pub(super) fn failed(&self, error: &Broken) -> Error {
        failed(&self.server, error)
    }

    /// The broker's goodbye, as an error of the source.
    pub(super) fn ended(&self, goodbye: &Disconnect) -> Error {
        ended(&self.server, goodbye)
    }

    /// No answer to what wants one.
    pub(super) fn silent(&self) -> Error {
        silent(&self.server)
    }

    pub(super) fn broker(&self, cause: Text, transient: bool) -> Error {
        Error::Broker { server: self.server.clone(), cause, transient }
    }

    fn not_let_in(&self, code: ConnectReturnCode) -> Error {
        use ConnectReturnCode as Code;
        let transient = matches!(
            code,
            Code::ServiceUnavailable
                | Code::ServerUnavailable
                | Code::ServerBusy
                | Code::QuotaExceeded
                | Code::ConnectionRateExceeded
        );
        let cause = match code {
            Code::BadUserNamePassword | Code::NotAuthorized => {
                Text::new("用户或密钥不被接受", "it does not take the user or the secret")
            }
            Code::BadClientId | Code::ClientIdentifierNotValid => {
                Text::new("客户端标识不被接受", "it does not take the client id")
            }
            other => {
                Text::new(format!("拒绝连接（{other:?}）"), format!("it refuses the connection ({other:?})"))
            }
        };
        self.broker(cause, transient)
    }
}

fn silent(server: &str) -> Error {
    let cause = Text::new("没有应答", "it does not answer");
    Error::Broker { server: server.to_owned(), cause, transient: true }
}

fn failed(server: &str, error: &Broken) -> Error {
    let server = server.to_owned();
    match error {
        Broken::Io(error) => match encryption::refusal(error) {
            Some(refusal) => Error::Broker {
                server,
                cause: Text::new(
                    format!("加密连接未建立：{refusal}"),
                    format!("no encrypted connection: {refusal}"),
                ),
                transient: false,
            },
            None => Error::Broker {
                server,
                cause: Text::new(format!("连接中断：{error}"), format!("the connection broke off: {error}")),
                transient: true,
            },
        },
        Broken::Malformed(what) => Error::Broker {
            server,
            cause: Text::new(
                format!("应答不是 MQTT 5.0：{what}"),
                format!("what it answers is not MQTT 5.0: {what}"),
            ),
            transient: false,
        },
    }
}

fn ended(server: &str, goodbye: &Disconnect) -> Error {
    use DisconnectReasonCode as Code;
    let (server, reason) = (server.to_owned(), goodbye.reason_code);
    let cause = match reason {
        Code::SessionTakenOver => Text::new(
            "另一个连接使用了相同的客户端标识；每个数据连接器须有自己的标识",
            "another connection uses the same client id; each connector needs its own",
        ),
        other => {
            Text::new(format!("结束了连接（{other:?}）"), format!("it ended the connection ({other:?})"))
        }
    };
    let lasting = matches!(
        reason,
        Code::SessionTakenOver
            | Code::NotAuthorized
            | Code::MalformedPacket
            | Code::ProtocolError
            | Code::TopicFilterInvalid
            | Code::ServerMoved
    );
    Error::Broker { server, cause, transient: !lasting }
}
