//! Those who stall: at the admin socket, and with a file that they load.

use axum::body::Bytes;
use axum::response::Response;
use cordon_store::Store;
use http_body_util::BodyExt as _;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;

use super::protocol::Act;
use super::*;
use crate::hospital::tests::{opened, tenant};
use crate::hospital::{LOADS, SMALL};

const PATIENT: &str = "{\"resourceType\":\"Patient\",\"id\":\"p\"}";

/// Longer than a test lasts.
const PATIENT_HOST: Duration = Duration::from_secs(3_600);
const HASTY_HOST: Duration = Duration::from_millis(20);

struct Ward {
    folder: TempDir,
    store: Arc<Store>,
    hospital: Arc<Hospital>,
}

/// A load: what it still may say, and what it hears.
struct Load(mpsc::Sender<Bytes>, Response);

impl Ward {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(folder.path(), &tenant()).unwrap());
        let hospital = Arc::new(opened(&store));
        Self { folder, store, hospital }
    }

    fn door(&self, idle: Duration, allowed: bool) -> Door {
        Door { hospital: Arc::clone(&self.hospital), admin: Admin::of(0), allowed, idle }
    }

    /// As many loads of this length as there are places, all under way.
    async fn fill(&self, bytes: u64) -> Vec<Load> {
        let mut loads = Vec::new();
        for _ in 0..LOADS {
            let mut load = self.begin(PATIENT_HOST, true, file_of(bytes)).await;
            assert!(load.is_asked_for_the_file().await);
            loads.push(load);
        }
        loads
    }

    /// A load that says this, and then nothing until somebody goes on.
    async fn begin(&self, idle: Duration, allowed: bool, said: String) -> Load {
        let door = self.door(idle, allowed);
        let (say, body) = mpsc::channel(1);
        say.send(said.into()).await.unwrap();
        Load(say, load::load(State(door), Body::new(load::Lines(body))).await)
    }

    /// What a host says to a load that says this and ends.
    async fn load(&self, said: String) -> String {
        let Load(say, answer) = self.begin(PATIENT_HOST, true, said).await;
        drop(say);
        text(answer).await
    }

    fn is_empty(&self) -> bool {
        self.store.counts(&tenant()).unwrap().is_empty()
    }
}

impl Load {
    async fn is_asked_for_the_file(&mut self) -> bool {
        let frame = self.1.body_mut().frame().await.unwrap().unwrap();
        frame.into_data().unwrap() == "\"send\"\n"
    }
}

async fn text(answer: Response) -> String {
    String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

fn request(bytes: u64) -> Request {
    Request { tenant: tenant(), reason: Some("test".to_owned()), act: Act::Load { bytes, older: false } }
}

/// The request and, of the file, so much.
fn file(sent: &str) -> String {
    format!("{}\n{sent}", serde_json::to_string(&request(PATIENT.len() as u64)).unwrap())
}

/// The request for a file of this length.
fn file_of(bytes: u64) -> String {
    format!("{}\n", serde_json::to_string(&request(bytes)).unwrap())
}

fn half_a_line() -> String {
    "{\"tenant\"".to_owned()
}

#[test]
fn whoever_stalls_holds_no_thread_of_those_that_others_need() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let ward = Ward::new();
        let _silent = ward.begin(PATIENT_HOST, true, String::new()).await;
        let _halfway = ward.begin(PATIENT_HOST, false, half_a_line()).await;
        let mut asked = ward.begin(PATIENT_HOST, true, file("{")).await;
        assert!(asked.is_asked_for_the_file().await);
        let answer = ward.load(file(PATIENT));
        let answer = timeout(Duration::from_secs(60), answer).await.unwrap();
        assert!(answer.contains("\"done\"") && !ward.is_empty(), "{answer}");
    });
}

#[tokio::test]
async fn a_load_that_says_nothing_more_is_cut_off_and_changes_nothing() {
    let ward = Ward::new();
    for said in [String::new(), half_a_line(), file(""), file("{")] {
        let Load(_still_open, answer) = ward.begin(HASTY_HOST, true, said).await;
        let answer = text(answer).await;
        assert!(answer.contains("stopped coming: nothing of it was loaded"), "{answer}");
    }
    assert!(ward.is_empty());
}

#[tokio::test]
async fn somebody_who_is_no_administrator_is_refused_before_any_of_the_file_is_asked_for() {
    let ward = Ward::new();
    let Load(_still_open, answer) = ward.begin(PATIENT_HOST, false, file("")).await;
    let answer = text(answer).await;
    assert!(answer.contains("not-an-administrator") && !answer.contains("send"), "{answer}");
}

#[tokio::test]
async fn so_many_loads_of_a_tenant_are_under_way_and_the_next_one_is_told() {
    let ward = Ward::new();
    let mut loads = ward.fill(SMALL).await;
    let refused = ward.load(file_of(SMALL)).await;
    assert!(refused.contains("too many loads are under way") && ward.is_empty(), "{refused}");
    let Load(say, answer) = loads.remove(0);
    drop(say);
    assert!(text(answer).await.contains("cut off on its way"));
    assert!(ward.load(file_of(SMALL)).await.contains("cut off on its way"), "there was a place");
}

#[tokio::test]
async fn a_withdrawal_waits_for_no_export_and_small_files_have_a_bound_too() {
    let ward = Ward::new();
    let _exports = ward.fill(SMALL).await;
    let loaded = ward.load(file(PATIENT)).await;
    assert!(loaded.contains("\"done\""), "{loaded}");
    let _small = ward.fill(SMALL - 1).await;
    assert!(ward.load(file(PATIENT)).await.contains("too many loads are under way"));
}

#[tokio::test]
async fn a_file_of_which_there_is_always_a_little_more_is_cut_off() {
    let ward = Ward::new();
    let Load(say, answer) = ward.begin(HASTY_HOST, true, file("{")).await;
    let always_more = async { while say.send(Bytes::new()).await.is_ok() {} };
    let both = async { tokio::join!(text(answer), always_more).0 };
    let answer = timeout(Duration::from_secs(60), both).await.unwrap();
    assert!(answer.contains("too slowly") && ward.is_empty(), "{answer}");
}

#[tokio::test]
async fn of_somebody_who_is_no_administrator_no_long_request_is_read() {
    let ward = Ward::new();
    let reason = Some("x".repeat(1 << 20));
    let body = || serde_json::to_vec(&Request { tenant: tenant(), reason: reason.clone(), act: Act::List }).unwrap();
    let reply = acted(ward.door(PATIENT_HOST, false), Body::from(body())).await;
    assert!(matches!(reply, Err(Reply::Failed { .. })), "{reply:?}");
    let reply = acted(ward.door(PATIENT_HOST, true), Body::from(body())).await;
    assert!(matches!(reply, Ok(Reply::Done(_))), "{reply:?}");
}

#[tokio::test]
async fn a_connection_ends_whose_answers_nobody_reads() {
    let ward = Ward::new();
    let (mut deaf, host) = UnixStream::pair().unwrap();
    let asks = async { while deaf.write_all(b"GET / HTTP/1.1\r\nhost: cordon\r\n\r\n").await.is_ok() {} };
    let answers = timeout(Duration::from_secs(60), converse(host, ward.door(HASTY_HOST, true)));
    let ended = tokio::select! { ended = answers => ended.unwrap().unwrap_err(), () = asks => panic!("all was heard") };
    let source = std::error::Error::source(&ended).and_then(|source| source.downcast_ref::<std::io::Error>());
    assert_eq!(source.map(std::io::Error::kind), Some(std::io::ErrorKind::TimedOut), "{ended:?}");
}

/// Whether so many connections stay open and the next one is closed at once.
async fn is_full_after(most: usize, ward: &Ward, socket: AdminSocket) -> bool {
    let (path, (_running, stop)) = (socket.path.clone(), watch::channel(false));
    tokio::spawn(socket.serve(Arc::clone(&ward.hospital), stop));
    let mut open = Vec::new();
    for _ in 0..most {
        open.push(UnixStream::connect(&path).await.unwrap());
    }
    let next = UnixStream::connect(&path).await.unwrap().read(&mut [0]).await.unwrap();
    next == 0 && open.iter().all(|open| open.try_read(&mut [0]).is_err())
}

#[tokio::test]
async fn connections_are_bounded_and_others_take_none_from_administrators() {
    let ward = Ward::new();
    let mut socket = AdminSocket::bind(&ward.folder.path().join("strange.sock"), []).unwrap();
    socket.admins.clear();
    let room = Arc::clone(&socket.room);
    assert!(is_full_after(STRANGERS, &ward, socket).await);
    assert_eq!(room.available_permits(), CONNECTIONS);
    let socket = AdminSocket::bind(&ward.folder.path().join("admin.sock"), []).unwrap();
    assert!(is_full_after(CONNECTIONS, &ward, socket).await);
}
