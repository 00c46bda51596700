//! Certificates the node's own authority issued (证书), and which of them were revoked.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};

use crate::entity::certificate::{Column, Entity};
use crate::{Error, Page, PageRequest, Result, page};

pub use crate::entity::certificate::Model as CertificateRow;

/// Store an issued certificate.
pub async fn insert(db: &impl ConnectionTrait, certificate: CertificateRow) -> Result<CertificateRow> {
    Ok(certificate.into_active_model().insert(db).await?)
}

/// The certificate of this serial number.
pub async fn find(db: &impl ConnectionTrait, serial: &str) -> Result<Option<CertificateRow>> {
    Ok(Entity::find_by_id(serial).one(db).await?)
}

/// Certificates, newest first.
pub async fn list(db: &impl ConnectionTrait, request: PageRequest) -> Result<Page<CertificateRow>> {
    page::fetch(db, Entity::find().order_by_desc(Column::NotBefore).order_by_asc(Column::Serial), request)
        .await
}

/// The newest certificate of a usage that is not revoked.
pub async fn newest(db: &impl ConnectionTrait, usage: &str) -> Result<Option<CertificateRow>> {
    Ok(Entity::find()
        .filter(Column::Usage.eq(usage))
        .filter(Column::RevokedAt.is_null())
        .order_by_desc(Column::NotBefore)
        .one(db)
        .await?)
}

/// Everything revoked that has not run out at `now`; what a revocation list must name.
pub async fn revoked(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<Vec<CertificateRow>> {
    Ok(Entity::find()
        .filter(Column::RevokedAt.is_not_null())
        .filter(Column::NotAfter.gt(now))
        .order_by_asc(Column::Serial)
        .all(db)
        .await?)
}

/// Revoke; a certificate revoked before is [`Error::NotFound`].
pub async fn revoke(db: &impl ConnectionTrait, serial: &str, reason: &str, at: DateTime<Utc>) -> Result<()> {
    let update = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(at))
        .col_expr(Column::RevokedReason, Expr::value(reason))
        .filter(Column::Serial.eq(serial))
        .filter(Column::RevokedAt.is_null());
    match update.exec(db).await?.rows_affected {
        0 => Err(Error::NotFound { what: "certificate", id: serial.to_owned() }),
        _ => Ok(()),
    }
}
