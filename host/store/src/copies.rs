//! Copies of what links and icons lead to: the hospital serves them itself, so that nobody outside sees who looks.

use cordon_core::ids::{Digest, TenantId};
use cordon_core::manifest::Media;
use rusqlite::{OptionalExtension, params};

use crate::error::StoreError;
use crate::store::{Reader, Store};

/// A copy, as it is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCopy {
    /// What it is.
    pub media: Media,
    /// Its bytes: they have the digest that was asked for.
    pub bytes: Vec<u8>,
}

impl Store {
    /// Keeps a copy and gives its digest. The first media type of a digest stays: one digest is one thing.
    ///
    /// # Errors
    /// The store failed.
    pub fn put_copy(&self, tenant: &TenantId, media: Media, bytes: &[u8]) -> Result<Digest, StoreError> {
        self.own(tenant)?;
        let digest = Digest::of(bytes);
        let sql = "INSERT OR IGNORE INTO copy (tenant, digest, media, bytes) VALUES (?1, ?2, ?3, ?4)";
        let values = params![tenant.as_str(), digest.to_string(), media.as_str(), bytes];
        self.write(|c| Ok::<_, StoreError>(c.execute(sql, values).map(drop)?))?;
        Ok(digest)
    }
}

impl Reader {
    /// A copy of this tenant; `None` if it has none with this digest.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if the bytes have another digest.
    pub fn copy(&self, tenant: &TenantId, digest: &Digest) -> Result<Option<StoredCopy>, StoreError> {
        self.own(tenant)?;
        let sql = "SELECT media, bytes FROM copy WHERE tenant = ?1 AND digest = ?2";
        let found: Option<(String, Vec<u8>)> = self.read(|c| {
            let found = c
                .prepare_cached(sql)?
                .query_row([tenant.as_str(), &digest.to_string()], |row| Ok((row.get(0)?, row.get(1)?)));
            Ok::<_, StoreError>(found.optional()?)
        })?;
        let Some((name, bytes)) = found else { return Ok(None) };
        if Digest::of(&bytes) != *digest {
            return Err(StoreError::Damaged);
        }
        Ok(Some(StoredCopy { media: media(&name)?, bytes }))
    }

    /// The copies that this tenant has, in order of their digests.
    ///
    /// # Errors
    /// The store failed.
    pub fn copies(&self, tenant: &TenantId) -> Result<Vec<(Digest, Media)>, StoreError> {
        self.own(tenant)?;
        self.read(|c| {
            let mut statement = c.prepare_cached("SELECT digest, media FROM copy WHERE tenant = ?1 ORDER BY digest")?;
            let mut rows = statement.query([tenant.as_str()])?;
            let mut copies = Vec::new();
            while let Some(row) = rows.next()? {
                let digest = Digest::try_from(row.get::<_, String>(0)?).map_err(|_| StoreError::Damaged)?;
                copies.push((digest, media(&row.get::<_, String>(1)?)?));
            }
            Ok(copies)
        })
    }
}

fn media(name: &str) -> Result<Media, StoreError> {
    [Media::Text, Media::Pdf, Media::Png].into_iter().find(|media| media.as_str() == name).ok_or(StoreError::Damaged)
}
