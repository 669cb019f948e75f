//! Those who stall: at the admin socket, and with a file that they load.

use axum::body::Bytes;
use axum::response::Response;
use cordon_store::Store;
use http_body_util::BodyExt as _;
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;
use tokio::sync::mpsc;

use super::protocol::Act;
use super::*;
use crate::hospital::tests::{opened, tenant};

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

    /// A load that says this, and then nothing until somebody goes on.
    async fn begin(&self, idle: Duration, allowed: bool, said: String) -> Load {
        let door = Door { hospital: Arc::clone(&self.hospital), admin: Admin::of(0), allowed, idle };
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

fn request() -> Request {
    let act = Act::Load { bytes: PATIENT.len() as u64, older: false };
    Request { tenant: tenant(), reason: Some("test".to_owned()), act }
}

/// The request and, of the file, so much.
fn file(sent: &str) -> String {
    format!("{}\n{sent}", serde_json::to_string(&request()).unwrap())
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
    let (ward, mut loads) = (Ward::new(), Vec::new());
    for _ in 0..crate::hospital::LOADS {
        let mut load = ward.begin(PATIENT_HOST, true, file("")).await;
        assert!(load.is_asked_for_the_file().await);
        loads.push(load);
    }
    let refused = ward.load(file(PATIENT)).await;
    assert!(refused.contains("too many loads are under way") && ward.is_empty(), "{refused}");
    let Load(say, answer) = loads.remove(0);
    drop(say);
    assert!(text(answer).await.contains("cut off on its way"));
    let loaded = ward.load(file(PATIENT)).await;
    assert!(loaded.contains("\"done\""), "{loaded}");
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
