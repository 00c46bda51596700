//! `brain exchange …`

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `brain exchange`
#[derive(Debug, Args)]
pub struct Exchange {
    /// What to do.
    #[command(subcommand)]
    pub action: ExchangeAction,
}

/// What to do with exchange subscriptions.
#[derive(Debug, Subcommand)]
pub enum ExchangeAction {
    /// 列出交换订阅 · list what comes in and what goes out, with completeness and lag
    List {
        /// 输出 JSON · print JSON
        #[arg(long)]
        json: bool,
    },
    /// 订阅：TOML 文件描述对方节点、数据集与约定 · subscribe to data of another node, described in a TOML file
    Subscribe {
        /// TOML 文件 · TOML file
        file: PathBuf,
    },
    /// 批准对方的订阅（代数据所有者） · approve a subscription of another node, as whoever decides for the owner
    Approve {
        /// 订阅编号 · id of the subscription
        id: String,
        /// 意见 · what the other side is told
        #[arg(long, default_value = "")]
        note: String,
    },
    /// 立即交换 · exchange now; exit code 1 where it does not succeed
    Run {
        /// 订阅编号 · id of the subscription
        id: String,
    },
    /// 一个订阅及其交付记录 · one subscription and its deliveries
    Show {
        /// 订阅编号 · id of the subscription
        id: String,
        /// 输出 JSON · print JSON
        #[arg(long)]
        json: bool,
    },
    /// 终止或收回 · end it at the consumer, take the grant back at the provider
    Revoke {
        /// 订阅编号 · id of the subscription
        id: String,
    },
    /// 交付清单与回执（JSON） · signed manifest and receipt of a delivery
    Receipts {
        /// 交付编号 · id of the delivery
        delivery: String,
    },
    /// 离线核验清单或回执的签名 · check who signed a manifest or receipt, without any node
    Verify {
        /// 文件；含 manifest、receipt 或其中之一 · JSON file as `receipts` prints it, or one signed document
        file: PathBuf,
        /// 签名节点的 Ed25519 公钥（十六进制） · Ed25519 key of the node that signed, hexadecimal
        #[arg(long)]
        ed25519: String,
        /// 签名节点的 SM2 公钥（十六进制） · its SM2 key, hexadecimal
        #[arg(long)]
        sm2: Option<String>,
    },
}
