//! A name server that answers as it is told, over UDP and TCP.
//!
//! Its messages are written by hand: what a library would refuse to write is
//! what the sender has to bear.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UdpSocket},
    task::JoinSet,
};

const A: u16 = 1;
const CNAME: u16 = 5;
const AAAA: u16 = 28;

// What a resolver takes over UDP that announces no more.
const DATAGRAM_LIMIT: usize = 512;

/// What is asked.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    /// The name, in lower case and without the dot at its end.
    pub(crate) name: String,
    /// Whether IPv6 addresses are asked for.
    pub(crate) is_v6: bool,
    pub(crate) is_over_tcp: bool,
    /// How often this name and kind were asked for before.
    pub(crate) nth: usize,
    /// The message as it came.
    pub(crate) message: Vec<u8>,
}

/// What is answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    /// Messages to send before, as they are.
    pub(crate) before: Vec<Vec<u8>>,
    pub(crate) records: Vec<Record>,
    pub(crate) code: u8,
    pub(crate) is_truncated: bool,
    pub(crate) is_silent: bool,
}

/// One record of an answer, with its owner.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) owner: String,
    pub(crate) ttl: u32,
    pub(crate) data: Data,
}

#[derive(Clone, Debug)]
pub(crate) enum Data {
    Address(IpAddr),
    Alias(String),
}

impl Reply {
    pub(crate) fn records(records: Vec<Record>) -> Self {
        Self {
            records,
            ..Self::default()
        }
    }

    pub(crate) fn code(code: u8) -> Self {
        Self {
            code,
            ..Self::default()
        }
    }

    pub(crate) fn truncated() -> Self {
        Self {
            is_truncated: true,
            ..Self::default()
        }
    }

    pub(crate) fn silence() -> Self {
        Self {
            is_silent: true,
            ..Self::default()
        }
    }

    /// The addresses of the kind that is asked for, owned by the name that is
    /// asked for.
    pub(crate) fn addresses(question: &Question, ips: &[&str]) -> Self {
        let ips = ips.iter().map(|ip| ip.parse::<IpAddr>().unwrap());
        let wanted = ips.filter(|ip| ip.is_ipv6() == question.is_v6);
        Self::records(
            wanted
                .map(|ip| Record::address(&question.name, ip))
                .collect(),
        )
    }
}

impl Record {
    pub(crate) fn address(owner: &str, ip: IpAddr) -> Self {
        let owner = owner.to_owned();
        Self {
            owner,
            ttl: 300,
            data: Data::Address(ip),
        }
    }

    pub(crate) fn alias(owner: &str, target: &str) -> Self {
        let owner = owner.to_owned();
        Self {
            owner,
            ttl: 300,
            data: Data::Alias(target.to_owned()),
        }
    }

    fn write(&self, message: &mut Vec<u8>) {
        let (kind, data) = match &self.data {
            Data::Address(IpAddr::V4(ip)) => (A, ip.octets().to_vec()),
            Data::Address(IpAddr::V6(ip)) => (AAAA, ip.octets().to_vec()),
            Data::Alias(target) => (CNAME, written_name(target)),
        };
        message.extend(written_name(&self.owner));
        message.extend(kind.to_be_bytes());
        message.extend([0, 1]);
        message.extend(self.ttl.to_be_bytes());
        message.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        message.extend(data);
    }
}

/// A name server; it ends when this is dropped.
pub(crate) struct NameServer {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Question>>>,
    _tasks: JoinSet<()>,
}

type Answer = Arc<dyn Fn(&Question) -> Reply + Send + Sync>;

impl NameServer {
    pub(crate) async fn start(answer: impl Fn(&Question) -> Reply + Send + Sync + 'static) -> Self {
        let (udp, tcp) = sockets().await.unwrap();
        let address = udp.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let desk = Desk {
            answer: Arc::new(answer),
            asked: Arc::clone(&asked),
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(serve_udp(udp, desk.clone()));
        tasks.spawn(serve_tcp(tcp, desk));
        Self {
            address,
            asked,
            _tasks: tasks,
        }
    }

    /// Everything that was asked, in order.
    pub(crate) fn asked(&self) -> Vec<Question> {
        self.asked.lock().unwrap().clone()
    }
}

/// Both on one port; a port that is free for one may be taken for the other.
async fn sockets() -> io::Result<(UdpSocket, TcpListener)> {
    let mut last = io::Error::other("no port was tried");
    for _ in 0..100 {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        match UdpSocket::bind(tcp.local_addr()?).await {
            Ok(udp) => return Ok((udp, tcp)),
            Err(error) => last = error,
        }
    }
    Err(last)
}

#[derive(Clone)]
struct Desk {
    answer: Answer,
    asked: Arc<Mutex<Vec<Question>>>,
}

impl Desk {
    /// The messages that answer this one.
    fn answer(&self, message: &[u8], is_over_tcp: bool) -> Vec<Vec<u8>> {
        let question = self.note(message, is_over_tcp);
        let reply = (self.answer)(&question);
        let mut messages = reply.before.clone();
        if reply.is_silent {
            return messages;
        }
        let whole = written(message, &reply);
        let fits = is_over_tcp || whole.len() <= DATAGRAM_LIMIT;
        messages.push(if fits {
            whole
        } else {
            written(message, &Reply::truncated())
        });
        messages
    }

    fn note(&self, message: &[u8], is_over_tcp: bool) -> Question {
        let (name, end) = read_name(message);
        let kind = u16::from_be_bytes([message[end], message[end + 1]]);
        let mut asked = self.asked.lock().unwrap();
        let is_v6 = kind == AAAA;
        let before = asked
            .iter()
            .filter(|other| other.name == name && other.is_v6 == is_v6);
        let question = Question {
            nth: before.count(),
            name,
            is_v6,
            is_over_tcp,
            message: message.to_vec(),
        };
        asked.push(question.clone());
        question
    }
}

async fn serve_udp(socket: UdpSocket, desk: Desk) {
    let mut datagram = [0; 2048];
    while let Ok((length, from)) = socket.recv_from(&mut datagram).await {
        for message in desk.answer(&datagram[..length], false) {
            let _ = socket.send_to(&message, from).await;
        }
    }
}

async fn serve_tcp(listener: TcpListener, desk: Desk) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let desk = desk.clone();
        connections.spawn(async move {
            let _ = serve_connection(stream, &desk).await;
        });
    }
}

async fn serve_connection(mut stream: TcpStream, desk: &Desk) -> io::Result<()> {
    loop {
        let length = stream.read_u16().await?;
        let mut message = vec![0; usize::from(length)];
        stream.read_exact(&mut message).await?;
        for answer in desk.answer(&message, true) {
            stream
                .write_u16(u16::try_from(answer.len()).unwrap())
                .await?;
            stream.write_all(&answer).await?;
        }
    }
}

/// The answer to this message, with its question repeated.
pub(crate) fn written(message: &[u8], reply: &Reply) -> Vec<u8> {
    let (_, end) = read_name(message);
    let truncated = if reply.is_truncated { 2 } else { 0 };
    // An answer; recursion was desired and is available.
    let mut answer = vec![
        message[0],
        message[1],
        0x81 | truncated,
        0x80 | reply.code,
        0,
        1,
    ];
    answer.extend(u16::try_from(reply.records.len()).unwrap().to_be_bytes());
    answer.extend([0; 4]);
    answer.extend(&message[12..end + 4]);
    for record in &reply.records {
        record.write(&mut answer);
    }
    answer
}

fn written_name(name: &str) -> Vec<u8> {
    let mut written = Vec::new();
    for label in name.split('.').filter(|label| !label.is_empty()) {
        written.push(u8::try_from(label.len()).unwrap());
        written.extend(label.as_bytes());
    }
    written.push(0);
    written
}

/// The name that is asked for, and where it ends.
fn read_name(message: &[u8]) -> (String, usize) {
    let mut labels = Vec::new();
    let mut at = 12;
    while message[at] != 0 {
        let end = at + 1 + usize::from(message[at]);
        labels.push(String::from_utf8_lossy(&message[at + 1..end]).to_ascii_lowercase());
        at = end;
    }
    (labels.join("."), at + 1)
}

/// How often each kind of address of each name was asked for.
pub(crate) fn counted(asked: &[Question]) -> HashMap<(String, bool), usize> {
    let mut counts = HashMap::new();
    for question in asked {
        *counts
            .entry((question.name.clone(), question.is_v6))
            .or_default() += 1;
    }
    counts
}
