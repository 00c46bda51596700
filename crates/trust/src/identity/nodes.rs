//! Other nodes (节点身份) as accounts: a name, a public key, and whether they may speak.

use brain_crypto::{PublicKey, SignatureAlgorithm};
use brain_kernel::hexadecimal;
use brain_kernel::party::{Party, Role};
use brain_kernel::uscc::Uscc;
use brain_store::node_identity::{self, NodeIdentity};
use brain_store::{Page, PageRequest, account};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;

use super::{AccountKind, Identity, NewAccount, require_administrator, require_role};
use crate::status::PeerAddress;
use crate::{Error, Result, Secret};

/// Roles a node may have.
const NODE_ROLES: [&str; 3] = ["center", "brain", "edge"];

/// Whether a node may speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// 待启用: registered by the system administrator.
    Waiting,
    /// 已启用 by the security administrator.
    Active,
    /// 已吊销: never again under this key.
    Revoked,
}

impl NodeState {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Active => "active",
            Self::Revoked => "revoked",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Waiting, Self::Active, Self::Revoked].into_iter().find(|state| state.name() == name)
    }
}

/// A node to be registered.
#[derive(Debug, Clone)]
pub struct NewNode {
    /// Name of the node, as an account's.
    pub name: String,
    /// `center`, `brain` or `edge`.
    pub node_role: String,
    /// Ed25519 public key, hexadecimal.
    pub public_key: String,
    /// SM2 public key, hexadecimal; `brain status keys` prints both there.
    pub sm2_public_key: Option<String>,
    /// Where it is reached, for example `https://centre.example:7600`.
    pub base_url: Option<String>,
    /// Organisation that runs it.
    pub organisation: Option<Uscc>,
}

/// A node as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NodeCard {
    /// Id of its account.
    pub id: String,
    /// Name.
    pub name: String,
    /// `center`, `brain` or `edge`.
    pub node_role: String,
    /// Ed25519 public key, hexadecimal.
    pub public_key: String,
    /// SM2 public key, hexadecimal.
    pub sm2_public_key: Option<String>,
    /// Where it is reached.
    pub base_url: Option<String>,
    /// Organisation that runs it.
    pub organisation: Option<String>,
    /// Whether it may speak.
    pub state: NodeState,
}

impl Identity {
    /// Register a node; it waits until the security administrator lets it speak. System administrators only.
    pub async fn register_node(&self, actor: &Party, new: NewNode) -> Result<NodeCard> {
        require_role(actor, Role::SystemAdministrator)?;
        let public_key = new.public_key.to_lowercase();
        let key =
            hexadecimal::decode(&public_key).map(|key| PublicKey::new(SignatureAlgorithm::Ed25519, &key));
        if !matches!(key, Some(Ok(_))) {
            return Err(Error::invalid(
                "public_key",
                "公钥须为 32 字节的 Ed25519 公钥（64 个十六进制字符）。",
                "The public key must be an Ed25519 key of 32 bytes, 64 hexadecimal digits.",
            ));
        }
        let sm2_public_key = new.sm2_public_key.map(|key| key.to_lowercase());
        let sm2 = sm2_public_key
            .as_deref()
            .map(|key| hexadecimal::decode(key).map(|key| PublicKey::new(SignatureAlgorithm::Sm2Sm3, &key)));
        if !matches!(sm2, None | Some(Some(Ok(_)))) {
            return Err(Error::invalid(
                "sm2_public_key",
                "SM2 公钥须为未压缩的曲线点（130 个十六进制字符，04 开头）。",
                "The SM2 public key is an uncompressed point, 130 hexadecimal digits that begin with 04.",
            ));
        }
        let base_url = new.base_url.as_deref().map(PeerAddress::parse).transpose()?;
        if !NODE_ROLES.contains(&new.node_role.as_str()) {
            return Err(Error::invalid(
                "node_role",
                "节点角色须为 center、brain 或 edge。",
                "The role of a node is center, brain or edge.",
            ));
        }
        let account = NewAccount {
            kind: AccountKind::Node,
            username: new.name.clone(),
            display_name: new.name,
            // The least: what a node may do is decided by grants to its account.
            role: Role::ComponentAuthor,
            organisation: new.organisation,
            region: None,
            password: Secret::new(""),
            must_change_password: false,
        };
        let (transaction, made) = self.prepare_account(&actor.account, account, false).await?;
        let row = NodeIdentity {
            account_id: made.id.clone(),
            node_role: new.node_role,
            public_key,
            state: NodeState::Waiting.name().to_owned(),
            sm2_public_key,
            base_url: base_url.map(|url| url.as_str().to_owned()),
        };
        let row = node_identity::insert(&transaction, row).await?;
        let body = json!({
            "node_role": row.node_role, "public_key": row.public_key, "sm2_public_key": row.sm2_public_key,
            "base_url": row.base_url,
        });
        self.commit_with(transaction, "node.register", &actor.account, &made.id, body).await?;
        card(row, made.display_name, made.organisation)
    }

    /// Nodes by name. The separated administrators only.
    pub async fn nodes(&self, actor: &Party, page: PageRequest) -> Result<Page<NodeCard>> {
        require_administrator(actor)?;
        let db = self.0.store.db();
        let Page { items, total, page, page_size } =
            account::list_of_kind(db, AccountKind::Node.name(), page).await?;
        let ids: Vec<String> = items.iter().map(|row| row.id.clone()).collect();
        let rows = node_identity::find_many(db, &ids).await?;
        let mut rows: HashMap<String, NodeIdentity> =
            rows.into_iter().map(|row| (row.account_id.clone(), row)).collect();
        let items = items
            .into_iter()
            .map(|account| {
                let row = rows.remove(&account.id).ok_or(Error::Corrupt { field: "node_identity" })?;
                card(row, account.display_name, account.organisation)
            })
            .collect::<Result<_>>()?;
        Ok(Page { items, total, page, page_size })
    }

    /// Say where a node is reached. System administrators only.
    pub async fn set_node_address(&self, actor: &Party, id: &str, base_url: &str) -> Result<()> {
        require_role(actor, Role::SystemAdministrator)?;
        let address = PeerAddress::parse(base_url)?;
        let transaction = self.0.store.transaction().await?;
        let found = node_identity::find_many(&transaction, &[id.to_owned()]).await?;
        let found = found.into_iter().next().ok_or_else(|| Error::not_found("node", id))?;
        node_identity::set_base_url(&transaction, id, Some(address.as_str())).await?;
        let body = json!({ "from": found.base_url, "to": address.as_str() });
        self.commit_with(transaction, "node.address", &actor.account, id, body).await
    }

    /// Let a node speak, or no longer; a revoked one stays revoked. Security administrators only.
    pub async fn set_node_state(&self, actor: &Party, id: &str, state: NodeState) -> Result<()> {
        require_role(actor, Role::SecurityAdministrator)?;
        let transaction = self.0.store.transaction().await?;
        let found = node_identity::find_many(&transaction, &[id.to_owned()]).await?;
        let found = found.into_iter().next().ok_or_else(|| Error::not_found("node", id))?;
        if state == NodeState::Waiting || found.state == NodeState::Revoked.name() {
            return Err(Error::invalid(
                "state",
                "节点只能启用或吊销；已吊销的节点须以新公钥另行登记。",
                "A node is made active or revoked; a revoked one is registered anew under another key.",
            ));
        }
        node_identity::set_state(&transaction, id, state.name()).await?;
        let body = json!({ "from": found.state, "to": state });
        self.commit_with(transaction, "node.state", &actor.account, id, body).await
    }
}

fn card(row: NodeIdentity, name: String, organisation: Option<String>) -> Result<NodeCard> {
    Ok(NodeCard {
        id: row.account_id,
        name,
        node_role: row.node_role,
        public_key: row.public_key,
        sm2_public_key: row.sm2_public_key,
        base_url: row.base_url,
        organisation,
        state: NodeState::from_name(&row.state).ok_or(Error::Corrupt { field: "node_identity.state" })?,
    })
}
