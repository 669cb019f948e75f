//! Each tenant's log has one writer. Records that arrive together become durable together: one transaction, one checkpoint.

mod edge;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use cordon_audit::checkpoint::{SignerKey, VerifierKey};
use cordon_audit::leaf::encode;
use cordon_audit::ports::{HashRead, LogRead, ReadError};
use cordon_audit::tree::append;
use cordon_core::ids::TenantId;
use cordon_core::ports::{Effects, Ledger, LedgerError};
use cordon_core::record::{LeafIndex, Record};
use cordon_store::{CellPut, IssuedCard, LogBatch, LogLeaf, Reader, Store, TranscriptPut};

use self::edge::Edge;
use crate::clock;

/// The most records of one group: it bounds how long the first of them waits for the others.
const MOST_GROUPED: usize = 64;

/// The most records of a tenant that may wait. The queue has room for as many pointers from the start.
const MOST_WAITING: usize = 4_096;

struct Waiting {
    record: Record,
    effects: Effects,
    answer: SyncSender<Result<LeafIndex, LedgerError>>,
}

/// The logs of a host, one for each tenant: a record goes to the log of the tenant it names, and to no other.
pub struct Ledgers(BTreeMap<TenantId, GroupLedger>);

impl FromIterator<GroupLedger> for Ledgers {
    fn from_iter<I: IntoIterator<Item = GroupLedger>>(ledgers: I) -> Self {
        Self(ledgers.into_iter().map(|ledger| (ledger.tenant.clone(), ledger)).collect())
    }
}

impl Ledgers {
    /// Every log, in order of the tenants.
    pub fn iter(&self) -> impl Iterator<Item = &GroupLedger> {
        self.0.values()
    }
}

impl Ledger for Ledgers {
    fn append(&self, record: &Record, effects: Effects) -> Result<LeafIndex, LedgerError> {
        self.0.get(&record.tenant).ok_or(LedgerError)?.append(record, effects)
    }
}

/// The log of one tenant. Dropping it ends its writer.
pub struct GroupLedger {
    tenant: TenantId,
    queue: Option<SyncSender<Box<Waiting>>>,
    verifier: VerifierKey,
    writer: Option<JoinHandle<()>>,
    writable: Arc<AtomicBool>,
}

impl GroupLedger {
    /// Starts the writer.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(store: Arc<Store>, signer: SignerKey) -> std::io::Result<Self> {
        let (queue, waiting) = sync_channel(MOST_WAITING);
        let verifier = signer.verifier().clone();
        let (tenant, writable) = (store.tenant().clone(), Arc::new(AtomicBool::new(true)));
        let told = Arc::clone(&writable);
        let writing = move || write(&store, &signer, &waiting, &told);
        let writer = std::thread::Builder::new().name("log".to_owned()).spawn(writing)?;
        Ok(Self { tenant, queue: Some(queue), verifier, writer: Some(writer), writable })
    }

    /// Whose log this is.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Whether the last records became durable. `true` before the first.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        self.writable.load(Ordering::Relaxed)
    }

    /// The key that checkpoints verify with.
    #[must_use]
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }
}

impl Drop for GroupLedger {
    fn drop(&mut self) {
        self.queue = None;
        if self.writer.take().is_some_and(|writer| writer.join().is_err()) {
            tracing::error!("the log's writer ended badly");
        }
    }
}

impl Ledger for GroupLedger {
    fn append(&self, record: &Record, effects: Effects) -> Result<LeafIndex, LedgerError> {
        if record.tenant != self.tenant {
            return Err(LedgerError);
        }
        let (answer, answered) = sync_channel(1);
        let waiting = Box::new(Waiting { record: record.clone(), effects, answer });
        self.queue.as_ref().ok_or(LedgerError)?.send(waiting).map_err(|_| LedgerError)?;
        answered.recv().map_err(|_| LedgerError)?
    }
}

fn write(store: &Store, signer: &SignerKey, waiting: &Receiver<Box<Waiting>>, writable: &AtomicBool) {
    let mut edge = Edge::default();
    while let Ok(first) = waiting.recv() {
        let group: Vec<Box<Waiting>> =
            std::iter::once(first).chain(waiting.try_iter().take(MOST_GROUPED - 1)).collect();
        let written = commit(store, signer, &mut edge, &group);
        writable.store(written.is_ok(), Ordering::Relaxed);
        if written.is_err() {
            tracing::error!(tenant = %store.tenant(), records = group.len(), "records could not be made durable");
        }
        for (index, entry) in group.into_iter().enumerate() {
            let at = u64::try_from(index).unwrap_or(u64::MAX);
            let answer = written.clone().map(|first| LeafIndex(first.saturating_add(at)));
            // A caller that stopped waiting has no answer to give; its record stands.
            drop(entry.answer.send(answer));
        }
    }
}

fn commit(store: &Store, signer: &SignerKey, edge: &mut Edge, group: &[Box<Waiting>]) -> Result<u64, LedgerError> {
    // Without what was kept until this batch is durable: after a failure everything is read again.
    let kept = std::mem::take(edge).read(store)?;
    let first = kept.size();
    let mut leaves = Vec::new();
    let mut batch = LogBatch::at(LeafIndex(first));
    for (at, entry) in (first..).zip(group) {
        let salt = clock::draw().map_err(|_| LedgerError)?;
        let (leaf, private) = encode(&entry.record, salt).map_err(|_| LedgerError)?;
        batch.leaves.push(LogLeaf { bytes: leaf.as_bytes().to_vec(), private: private.as_bytes().to_vec() });
        leaves.push(leaf);
        add(&mut batch, LeafIndex(at), entry);
    }
    let grown = append(first, &leaves, &kept).map_err(|_| LedgerError)?;
    batch.checkpoint = signer.sign(&grown.head).map_err(|_| LedgerError)?;
    batch.hashes = grown.hashes;
    store.append(&batch).map_err(|_| LedgerError)?;
    *edge = kept.grown(grown.head.size, batch.hashes);
    Ok(first)
}

/// What becomes durable with one record.
fn add(batch: &mut LogBatch, leaf: LeafIndex, entry: &Waiting) {
    let Waiting { record, effects: Effects { issued, cells, transcript }, answer: _ } = entry;
    batch.cards.extend(issued.iter().map(|issued| IssuedCard {
        tenant: record.tenant.clone(),
        card: issued.card.clone(),
        service: issued.service.clone(),
        leaf,
    }));
    batch.cells.extend(cells.iter().map(|write| CellPut { leaf, write: write.clone() }));
    batch.transcripts.extend(transcript.iter().map(|(invocation, transcript)| TranscriptPut {
        tenant: record.tenant.clone(),
        invocation: invocation.clone(),
        at: record.at,
        transcript: transcript.clone(),
    }));
}

/// The log in a store, as the room that knows the tree reads it.
pub struct StoredLog<'a>(pub &'a Reader);

impl HashRead for StoredLog<'_> {
    fn hash(&self, index: u64) -> Result<[u8; 32], ReadError> {
        self.0.hash(index).ok().flatten().ok_or(ReadError)
    }
}

impl LogRead for StoredLog<'_> {
    fn size(&self) -> Result<u64, ReadError> {
        self.0.log_size().map_err(|_| ReadError)
    }

    fn leaf(&self, index: u64) -> Result<Option<Vec<u8>>, ReadError> {
        self.0.leaf(LeafIndex(index)).map_err(|_| ReadError)
    }

    fn private(&self, index: u64) -> Result<Option<Vec<u8>>, ReadError> {
        self.0.private(LeafIndex(index)).map_err(|_| ReadError)
    }

    fn checkpoints(&self) -> Result<Vec<String>, ReadError> {
        self.0.checkpoints().map_err(|_| ReadError)
    }
}
