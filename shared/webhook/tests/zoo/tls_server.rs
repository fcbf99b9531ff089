//! Certificates made for one test, and receivers that show them.

use crate::receiver::{BODY, listener};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivatePkcs8KeyDer},
};
use std::sync::Arc;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// An authority that senders can be told to trust.
pub(crate) struct Authority {
    /// Its own certificate, in DER.
    pub(crate) root: Vec<u8>,
    issuer: Issuer<'static, KeyPair>,
}

/// What a receiver shows of itself.
pub(crate) struct Identity {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    key: KeyPair,
    params: CertificateParams,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        Self {
            root: certificate.der().to_vec(),
            issuer: Issuer::new(params, key),
        }
    }

    /// Somebody who signs with a receiver's certificate.
    pub(crate) fn pretending(receiver: &Identity) -> Self {
        let key = KeyPair::try_from(receiver.key.serialize_der()).unwrap();
        Self {
            root: receiver.chain[0].to_vec(),
            issuer: Issuer::new(receiver.params.clone(), key),
        }
    }

    /// A certificate for this name or address.
    pub(crate) fn certify(&self, name: &str) -> Identity {
        self.certify_as(name, |_| {})
    }

    /// The same, with something changed.
    pub(crate) fn certify_as(
        &self,
        name: &str,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Identity {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        change(&mut params);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Identity {
            chain: vec![certificate.der().clone()],
            key,
            params,
        }
    }
}

impl Identity {
    /// A certificate that vouches for itself.
    pub(crate) fn self_signed(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self {
            chain: vec![certificate.der().clone()],
            key,
            params,
        }
    }

    pub(crate) fn config(&self) -> ServerConfig {
        let key = PrivatePkcs8KeyDer::from(self.key.serialize_der());
        ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(self.chain.clone(), key.into())
            .unwrap()
    }
}

/// Accepts one connection over TLS, reads the request and goes on as told. The
/// task ends with whether the handshake came about.
pub(crate) async fn tls_receiver<F>(
    config: ServerConfig,
    reply: impl FnOnce(TlsStream<TcpStream>) -> F + Send + 'static,
) -> (u16, JoinHandle<bool>)
where
    F: Future<Output = ()> + Send + 'static,
{
    let acceptor = TlsAcceptor::from(Arc::new(config));
    listener(async move |stream: TcpStream| {
        let Ok(mut stream) = acceptor.accept(stream).await else {
            return false;
        };
        let mut request = Vec::new();
        while !request.ends_with(&BODY)
            && stream
                .read_buf(&mut request)
                .await
                .is_ok_and(|read| read > 0)
        {}
        reply(stream).await;
        true
    })
    .await
}

/// Says yes and ends the connection as TLS wants it.
pub(crate) async fn accept(mut stream: TlsStream<TcpStream>) {
    let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
    let _ = stream.shutdown().await;
}
