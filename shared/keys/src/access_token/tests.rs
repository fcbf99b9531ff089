//! The attacks on JSON Web Tokens, one by one.

use super::*;
use crate::{RootKey, random};
use portico_domain::{Holder, IdSource, SessionDraft, SessionLimits, SignInMethod};
use std::time::Duration;

const ISSUER: &str = "https://portal.example.com";

fn now() -> Time {
    Time::from_unix_millis(1_800_000_000_000)
}

fn keyring() -> Keyring {
    let root = RootKey::generate().expect("randomness");
    Keyring::new(&root).expect("a root key is always good")
}

fn session(account: Account) -> Session {
    let ids = IdSource::new();
    let draft = SessionDraft {
        workspace_id: ids.next(now()),
        account,
        epoch: 3,
        holder: Holder::Program,
        method: SignInMethod::Password,
        limits: SessionLimits::CLIENT,
        seed: hex::encode(random::<32>().expect("randomness")),
        user_agent: None,
    };
    Session::begin(ids.next(now()), draft, now())
}

fn client() -> Account {
    Account::Client {
        id: IdSource::new().next(now()),
    }
}

struct Setting {
    keyring: Keyring,
    keys: SigningKeys,
    session: Session,
    token: String,
}

fn setting() -> Setting {
    let (keyring, keys, session) = (keyring(), SigningKeys::default(), session(client()));
    let token = keyring
        .access_token(&keys, ISSUER, &session, now())
        .expect("it signs")
        .expose()
        .to_owned();
    Setting {
        keyring,
        keys,
        session,
        token,
    }
}

/// A token with another header and other claims, under the signature
/// that `sign` makes of them.
fn forged(header: &Value, claims: &Value, sign: impl Fn(&str) -> Vec<u8>) -> String {
    let text = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", text(header), text(claims));
    let signature = URL_SAFE_NO_PAD.encode(sign(&signed));
    format!("{signed}.{signature}")
}

impl Setting {
    fn read(&self, token: &str) -> Option<AccessToken> {
        self.keyring
            .read_access_token(&self.keys, ISSUER, token, now())
    }

    fn claims(&self) -> Value {
        let claims = self.token.split('.').nth(1).expect("three parts");
        let claims = URL_SAFE_NO_PAD.decode(claims).expect("base64");
        serde_json::from_slice(&claims).expect("JSON")
    }

    /// Signed as we sign, whatever it says.
    fn signed(&self, claims: &Value) -> String {
        let seed = self.keyring.signing_seed(1).expect("a key");
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).expect("a key");
        let header = json!({ "alg": "EdDSA", "typ": "JWT", "kid": "1" });
        forged(&header, claims, |text| {
            pair.sign(text.as_bytes()).as_ref().to_vec()
        })
    }
}

#[test]
fn a_token_says_who_is_signed_in() {
    let setting = setting();

    assert_eq!(
        setting.read(&setting.token),
        Some(AccessToken {
            account: setting.session.account,
            workspace_id: setting.session.workspace_id,
            session_id: setting.session.id,
            epoch: 3,
        })
    );
    assert_eq!(
        setting.read(&setting.signed(&setting.claims())),
        setting.read(&setting.token),
        "what the other tests forge differs in one thing only"
    );
}

#[test]
fn a_token_without_a_signature_is_refused() {
    let setting = setting();
    for algorithm in ["none", "None", "NONE", ""] {
        let header = json!({ "alg": algorithm, "typ": "JWT", "kid": "1" });
        let unsigned = forged(&header, &setting.claims(), |_| Vec::new());
        assert_eq!(setting.read(&unsigned), None, "{algorithm}");
    }
    let (signed, _) = setting.token.rsplit_once('.').expect("three parts");
    assert_eq!(setting.read(&format!("{signed}.")), None);
    assert_eq!(setting.read(signed), None);
}

#[test]
fn a_token_signed_with_the_public_key_as_a_shared_secret_is_refused() {
    let setting = setting();
    let public = setting.keyring.public_key(1).expect("a key");
    for (name, algorithm) in [
        ("HS256", hmac_of(aws_lc_rs::hmac::HMAC_SHA256)),
        ("HS512", hmac_of(aws_lc_rs::hmac::HMAC_SHA512)),
    ] {
        let header = json!({ "alg": name, "typ": "JWT", "kid": "1" });
        let forged_token = forged(&header, &setting.claims(), |text| algorithm(&public, text));
        assert_eq!(setting.read(&forged_token), None, "{name}");
    }
}

fn hmac_of(algorithm: aws_lc_rs::hmac::Algorithm) -> impl Fn(&[u8], &str) -> Vec<u8> {
    move |key, text| {
        let key = aws_lc_rs::hmac::Key::new(algorithm, key);
        aws_lc_rs::hmac::sign(&key, text.as_bytes())
            .as_ref()
            .to_vec()
    }
}

#[test]
fn a_token_of_another_key_is_refused() {
    let setting = setting();
    let other = keyring()
        .access_token(&setting.keys, ISSUER, &setting.session, now())
        .expect("it signs");

    assert_eq!(setting.read(other.expose()), None);
}

#[test]
fn a_token_that_names_a_wrong_key_is_refused() {
    let setting = setting();
    let seed = setting.keyring.signing_seed(1).expect("a key");
    let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).expect("a key");
    let sign = |text: &str| pair.sign(text.as_bytes()).as_ref().to_vec();
    for kid in [
        json!("2"),
        json!("0"),
        json!("-1"),
        json!("99999999999"),
        json!("../1"),
        json!("1' OR '1'='1"),
        json!(1),
        json!(null),
    ] {
        let header = json!({ "alg": "EdDSA", "typ": "JWT", "kid": kid });
        let forged_token = forged(&header, &setting.claims(), sign);
        assert_eq!(setting.read(&forged_token), None, "{kid}");
    }
    // A key in the token itself is not looked at.
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode([7; 32]) });
    let header = json!({ "alg": "EdDSA", "jwk": jwk, "jku": "https://example.com/", "kid": "9" });
    assert_eq!(
        setting.read(&forged(&header, &setting.claims(), sign)),
        None
    );
}

#[test]
fn a_token_ends_at_its_second() {
    let setting = setting();
    let read_at = |seconds| {
        let then = now() + Duration::from_secs(seconds);
        setting
            .keyring
            .read_access_token(&setting.keys, ISSUER, &setting.token, then)
    };

    assert!(read_at(599).is_some());
    assert!(read_at(600).is_none());
    let mut endless = setting.claims();
    endless.as_object_mut().expect("claims").remove("exp");
    assert_eq!(setting.read(&setting.signed(&endless)), None);
}

#[test]
fn a_token_for_somebody_else_is_refused() {
    let setting = setting();
    for (claim, value) in [
        ("aud", json!("https://example.com")),
        ("aud", json!(["portal", "team"])),
        ("aud", json!(null)),
        ("iss", json!("https://portal.example.org")),
        ("iss", json!(null)),
        ("sub", json!("")),
        ("wid", json!("x")),
        ("epoch", json!(-1)),
    ] {
        let mut claims = setting.claims();
        claims[claim] = value.clone();
        assert_eq!(
            setting.read(&setting.signed(&claims)),
            None,
            "{claim} {value}"
        );
    }
}

#[test]
fn a_client_is_no_team_member_with_the_same_id() {
    let setting = setting();
    let mut claims = setting.claims();
    claims["aud"] = json!("team");

    let read = setting
        .read(&setting.signed(&claims))
        .expect("it is signed");

    assert!(matches!(read.account, Account::InternalUser { .. }));
}

#[test]
fn tokens_outlive_a_rotation_and_end_with_a_replacement() {
    let mut setting = setting();
    let read = |keys: &SigningKeys, token: &str, minutes: u64| {
        let then = now() + Duration::from_mins(minutes);
        setting.keyring.read_access_token(keys, ISSUER, token, then)
    };
    let rotated = setting.keys.rotate(now()).expect("nothing is pending");
    let sign = |keys: &SigningKeys, minutes: u64| {
        let then = now() + Duration::from_mins(minutes);
        let token = setting
            .keyring
            .access_token(keys, ISSUER, &setting.session, then);
        token.expect("it signs").expose().to_owned()
    };
    let (last_of_old, first_of_new) = (sign(&rotated, 59), sign(&rotated, 60));

    assert!(read(&rotated, &setting.token, 5).is_some());
    assert!(read(&rotated, &last_of_old, 68).is_some());
    assert!(read(&rotated, &first_of_new, 60).is_some());
    // A function that still keeps the keys of a minute ago knows the new one.
    assert!(read(&rotated, &first_of_new, 69).is_some());

    setting.keys = setting.keys.replace(now());
    assert_eq!(setting.read(&setting.token), None);
}

#[test]
fn the_published_keys_verify_what_we_sign() {
    let setting = setting();
    let set = setting
        .keyring
        .key_set(&setting.keys, now())
        .expect("it is written");
    let key = &set["keys"][0];
    let components = DecodingKey::from_ed_components(key["x"].as_str().expect("a key"));
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&["portal"]);
    validation.validate_exp = false;

    let claims = decode::<Value>(&setting.token, &components.expect("a key"), &validation);

    assert_eq!(key["kid"], "1");
    assert_eq!(claims.expect("it verifies").claims["epoch"], 3);
    assert!(set.to_string().len() < 300 && key.get("d").is_none());
}
