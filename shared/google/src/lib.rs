//! Signing in with Google (OpenID Connect): what is asked of it, and what its
//! answer has to say before it is believed.
//!
//! A browser is sent to Google with a state, a nonce and the hash of a PKCE
//! verifier, and keeps all three sealed until it comes back. The code that it
//! brings is worth nothing without the verifier and the client's secret; the ID
//! token has to be signed by Google for this client and this nonce, and has to
//! say that the address was verified.
//!
//! All requests go through the sender that webhooks go through: only to public
//! addresses over TLS, no redirect is followed, 64 KiB are read, 15 seconds at
//! most. Time is the machine's: Google knows no other.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use openidconnect::{
    AsyncHttpClient, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest,
    HttpResponse, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, Scope, TokenResponse as _,
    core::{
        CoreAuthenticationFlow, CoreClient, CoreJwsSigningAlgorithm, CoreProviderMetadata,
        CoreTokenResponse,
    },
};
use portico_domain::Email;
use portico_keys::{NoRandomness, Secret, is_same, random};
use portico_webhook::{Failure, Method, Outcome, Outgoing, Sender};
use serde::{Deserialize, Serialize};
use std::{
    pin::Pin,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Who issues Google's ID tokens.
pub const ISSUER: &str = "https://accounts.google.com";
/// For how long what Google publishes of itself is not asked for again. It
/// announces new keys days before they sign.
const KEPT: Duration = Duration::from_mins(10);

/// As what an installation is registered with Google.
#[derive(Clone, Debug)]
pub struct GoogleSettings {
    /// Who issues the ID tokens: [`ISSUER`], or a stand-in in tests.
    pub issuer: String,
    /// The client's id.
    pub client_id: String,
    /// The client's secret. Only the function that exchanges codes has it.
    pub client_secret: Option<Secret>,
}

/// Google, as an installation is registered with it.
#[derive(Debug)]
pub struct Google {
    settings: GoogleSettings,
    /// Boxed: it is large, and most functions never ask.
    published: Mutex<Option<(Instant, Box<CoreProviderMetadata>)>>,
}

/// What a browser keeps, sealed, from when it is sent to Google until it comes
/// back.
#[derive(Serialize, Deserialize)]
pub struct Attempt {
    state: String,
    nonce: String,
    verifier: String,
}

/// Whom Google vouches for.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The Google account; it stays the same whatever its address is.
    pub subject: String,
    /// Its address, which Google has verified.
    pub email: Email,
    /// What its owner is called, if Google says so.
    pub name: Option<String>,
}

/// Google vouches for nobody.
#[derive(Debug, thiserror::Error)]
pub enum GoogleError {
    /// It cannot be reached, or says what nobody understands.
    #[error("Google cannot be reached now; try again, or sign in another way")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The code is not good: used before, too old, or somebody else's.
    #[error("Google did not accept this attempt; begin again")]
    Refused,
    /// The ID token is not one that lets anybody in.
    #[error("the answer that came from Google cannot be believed; begin again")]
    Unbelievable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Google has not verified the address.
    #[error("Google has not verified the e-mail address of this account")]
    Unverified,
    /// There is no randomness for an attempt.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// Google was not reached.
#[derive(Debug, thiserror::Error)]
#[error("no answer: {0:?}")]
struct Unanswered(Failure);

/// Google left something out.
#[derive(Debug, thiserror::Error)]
#[error("there is no {0} in it")]
struct Missing(&'static str);

impl Google {
    /// Google, as registered with these settings. Nothing is asked of it yet.
    pub const fn new(settings: GoogleSettings) -> Self {
        Self {
            settings,
            published: Mutex::new(None),
        }
    }

    /// Begins an attempt: where to send the browser, which Google sends back to
    /// `redirect`, and what the browser has to keep until then.
    pub async fn begin(
        &self,
        sender: &Sender,
        redirect: &str,
    ) -> Result<(String, Attempt), GoogleError> {
        let attempt = Attempt {
            state: URL_SAFE_NO_PAD.encode(random::<32>()?),
            nonce: URL_SAFE_NO_PAD.encode(random::<32>()?),
            verifier: URL_SAFE_NO_PAD.encode(random::<32>()?),
        };
        let verifier = PkceCodeVerifier::new(attempt.verifier.clone());
        let client = CoreClient::from_provider_metadata(
            self.published(sender).await?,
            ClientId::new(self.settings.client_id.clone()),
            None,
        )
        .set_redirect_uri(RedirectUrl::new(redirect.to_owned()).map_err(unreachable)?);
        let (state, nonce) = (attempt.state.clone(), attempt.nonce.clone());
        let (url, _, _) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                || CsrfToken::new(state),
                || Nonce::new(nonce),
            )
            .add_scope(Scope::new("email".to_owned()))
            .add_scope(Scope::new("profile".to_owned()))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        Ok((url.into(), attempt))
    }

    /// Exchanges the code that a browser has brought for whom Google vouches
    /// for. The caller has checked that the browser brought the attempt's state.
    pub async fn finish(
        &self,
        sender: &Sender,
        redirect: &str,
        attempt: Attempt,
        code: &str,
    ) -> Result<Identity, GoogleError> {
        let secret = self.settings.client_secret.as_ref();
        let client = CoreClient::from_provider_metadata(
            self.published(sender).await?,
            ClientId::new(self.settings.client_id.clone()),
            secret.map(|secret| ClientSecret::new(secret.expose().to_owned())),
        )
        .set_redirect_uri(RedirectUrl::new(redirect.to_owned()).map_err(unreachable)?);
        let answer: CoreTokenResponse = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(unreachable)?
            .set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier))
            .request_async(&Through(sender.clone()))
            .await
            .map_err(|error| match error {
                RequestTokenError::ServerResponse(_) => GoogleError::Refused,
                RequestTokenError::Request(error) => unreachable(error),
                // The error would show the tokens that could not be read.
                RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                    unreachable(Missing("token"))
                }
            })?;
        let missing = |what| GoogleError::Unbelievable(Box::new(Missing(what)));
        let token = answer.id_token().ok_or_else(|| missing("ID token"))?;
        let verifier = client
            .id_token_verifier()
            // What Google signs with; others are never needed.
            .set_allowed_algs([CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256]);
        let claims = token
            .claims(&verifier, &Nonce::new(attempt.nonce))
            .map_err(|error| GoogleError::Unbelievable(Box::new(error)))?;
        if claims.email_verified() != Some(true) {
            return Err(GoogleError::Unverified);
        }
        let email = claims.email().ok_or_else(|| missing("address"))?;
        let email = Email::parse("email", email).map_err(|_| missing("address"))?;
        let name = claims.name().and_then(|name| name.get(None));
        let name = name.map(|name| name.to_string());
        Ok(Identity {
            subject: claims.subject().to_string(),
            email,
            name,
        })
    }

    /// What Google publishes of itself: where it is, and its keys.
    async fn published(&self, sender: &Sender) -> Result<CoreProviderMetadata, GoogleError> {
        let kept = || {
            self.published
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if let Some((at, published)) = &*kept()
            && at.elapsed() < KEPT
        {
            return Ok((**published).clone());
        }
        let issuer = IssuerUrl::new(self.settings.issuer.clone()).map_err(unreachable)?;
        let through = Through(sender.clone());
        let published = CoreProviderMetadata::discover_async(issuer, &through).await;
        let published = published.map_err(unreachable)?;
        *kept() = Some((Instant::now(), Box::new(published.clone())));
        Ok(published)
    }
}

impl Attempt {
    /// Whether a browser that comes back brings the state that it was sent off
    /// with; takes the same time wherever they differ.
    pub fn is_answered_by(&self, state: &str) -> bool {
        is_same(&self.state, state)
    }
}

fn unreachable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> GoogleError {
    GoogleError::Unreachable(error.into())
}

/// The sender, as the library asks for it.
struct Through(Sender);

impl<'c> AsyncHttpClient<'c> for Through {
    type Error = Unanswered;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Unanswered>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(ask(&self.0, request))
    }
}

async fn ask(sender: &Sender, request: HttpRequest) -> Result<HttpResponse, Unanswered> {
    let (parts, body) = request.into_parts();
    let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        let value = value.to_str().ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    };
    let outgoing = Outgoing {
        method: Method::from_bytes(parts.method.as_str().as_bytes())
            .map_err(|_| Unanswered(Failure::Other))?,
        url: parts.uri.to_string(),
        headers: parts.headers.iter().filter_map(header).collect(),
        body: body.into(),
    };
    let exchange = sender.exchange(&outgoing).await;
    let status = match exchange.attempt.outcome {
        Outcome::Answered(status) => status,
        Outcome::Failed(failure) => return Err(Unanswered(failure)),
    };
    http::Response::builder()
        .status(status)
        .body(exchange.body.into())
        .map_err(|_| Unanswered(Failure::Other))
}
