//! Passwords: Argon2id with the parameters of OWASP's Password Storage Cheat
//! Sheet (19 MiB, two passes, one lane).
//!
//! A new password is measured by how many guesses it takes (zxcvbn), not by
//! which characters it has. A presented one costs one hash whether or not there
//! is an account to compare it with.

use crate::{NoRandomness, random};
use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{Error as PasswordError, PasswordHasher, PasswordVerifier},
};
use portico_domain::Invalid;
use std::sync::atomic::{AtomicU64, Ordering};
use zeroize::Zeroizing;
use zxcvbn::{Score, zxcvbn};

/// The least length; ASVS 5 (6.2.1) asks for 8 and recommends more.
pub const MIN_CHARACTERS: usize = 12;
/// The greatest length, checked before hashing so that nobody can make us
/// hash a megabyte.
pub const MAX_CHARACTERS: usize = 128;

/// How many letters and digits of a password are to be no name that others
/// know.
const MIN_OWN_CHARACTERS: usize = 6;
/// What every hash of ours begins with.
const CURRENT: &str = "$argon2id$v=19$m=19456,t=2,p=1$";
/// What a password is compared with where there is no account: no password has
/// this hash, and finding that out takes as long as with one that somebody has.
const DECOY: &str = "$argon2id$v=19$m=19456,t=2,p=1$cG9ydGljbyBkZWNveSE$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

static HASHES: AtomicU64 = AtomicU64::new(0);

/// How many hashes this process has computed, so that a test can see that two
/// ways through the code cost the same.
pub fn hashes_computed() -> u64 {
    HASHES.load(Ordering::Relaxed)
}

/// A new password, long and unlikely enough.
pub struct Password<'a>(&'a str);

/// What became of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is another password, or there is none.
    Wrong,
    /// It is the password.
    Right,
    /// It is the password, and its hash was made with other parameters than we
    /// use now; it should be hashed anew.
    RightButOld,
}

/// Hashing a password failed.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// There was no salt to be had.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The process is ending.
    #[error("the hashing of a password was interrupted")]
    Interrupted,
    /// Argon2 refused.
    #[error("failed to hash a password")]
    Argon2(#[source] argon2::password_hash::Error),
}

impl<'a> Password<'a> {
    /// Checks a new password. `about` is what an attacker would try first: the
    /// person's names and address, the name of the business.
    pub fn parse(text: &'a str, about: &[&str]) -> Result<Self, Invalid> {
        check_length(text)?;
        let about: Vec<String> = about.iter().map(|text| text.to_lowercase()).collect();
        let mut words: Vec<&str> = about
            .iter()
            .flat_map(|text| {
                text.split(|letter: char| !letter.is_alphanumeric())
                    .chain([text.as_str()])
            })
            .filter(|word| word.len() > 2)
            .collect();
        words.sort_unstable_by_key(|word| std::cmp::Reverse(word.len()));
        if own_characters(text, &words) < MIN_OWN_CHARACTERS {
            let message = "the password is too easy to guess: it is little more than names that others know. A few unusual words together are better";
            return Err(Invalid::new("password", "password_too_weak", message));
        }
        let strength = zxcvbn(text, &words);
        if strength.score() >= Score::Three {
            return Ok(Self(text));
        }
        let feedback = strength.feedback();
        let warning = feedback.and_then(zxcvbn::feedback::Feedback::warning);
        let reason = warning.map_or_else(
            || "it is made of parts that are easy to guess".to_owned(),
            |warning| warning.to_string().trim_end_matches('.').to_owned(),
        );
        let message = format!(
            "the password is too easy to guess: {reason}. A few unusual words together are better"
        );
        Err(Invalid::new("password", "password_too_weak", message))
    }

    /// A password that has just been found right; what it was good enough for
    /// when it was chosen it stays good for.
    pub const fn known(text: &'a str) -> Self {
        Self(text)
    }

    /// Hashes the password into a PHC string, on a thread where the tens of
    /// milliseconds that it takes keep nobody waiting.
    pub async fn hash(&self) -> Result<String, HashError> {
        let password = Zeroizing::new(self.0.to_owned());
        let hashing = tokio::task::spawn_blocking(move || hash(&password));
        hashing.await.map_err(|_| HashError::Interrupted)?
    }
}

/// Compares what somebody presents with the hash of the account, or with the
/// decoy if there is none.
pub async fn verify(presented: &str, hash: Option<&str>) -> Result<Verdict, HashError> {
    // What is too long was never accepted, and is not worth more work.
    let is_possible = presented.chars().count() <= MAX_CHARACTERS;
    let presented = Zeroizing::new(if is_possible { presented } else { "" }.to_owned());
    let against = hash.unwrap_or(DECOY).to_owned();
    let comparing = tokio::task::spawn_blocking(move || compare(&presented, &against));
    comparing.await.map_err(|_| HashError::Interrupted)?
}

/// Refuses what no password of ours can be, before it is hashed.
pub fn check_length(text: &str) -> Result<(), Invalid> {
    let invalid = |code, message: String| Err(Invalid::new("password", code, message));
    match text.chars().count() {
        0 => Err(Invalid::missing("password")),
        length if length < MIN_CHARACTERS => invalid(
            "password_too_short",
            format!("the password has {length} characters; it needs {MIN_CHARACTERS} or more"),
        ),
        length if length > MAX_CHARACTERS => invalid(
            "password_too_long",
            format!("the password has {length} characters; the limit is {MAX_CHARACTERS}"),
        ),
        _ => Ok(()),
    }
}

/// How many letters and digits are left of a password without these words.
fn own_characters(password: &str, words: &[&str]) -> usize {
    let mut rest = password.to_lowercase();
    for word in words {
        rest = rest.replace(word, " ");
    }
    rest.chars()
        .filter(|letter| letter.is_alphanumeric())
        .count()
}

fn compare(presented: &str, hash: &str) -> Result<Verdict, HashError> {
    HASHES.fetch_add(1, Ordering::Relaxed);
    match Argon2::default().verify_password(presented.as_bytes(), hash) {
        Ok(()) if hash.starts_with(CURRENT) => Ok(Verdict::Right),
        Ok(()) => Ok(Verdict::RightButOld),
        Err(PasswordError::PasswordInvalid) => Ok(Verdict::Wrong),
        Err(error) => Err(HashError::Argon2(error)),
    }
}

fn hash(password: &str) -> Result<String, HashError> {
    let params =
        Params::new(19 * 1024, 2, 1, None).map_err(|error| HashError::Argon2(error.into()))?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let salt = random::<16>()?;
    HASHES.fetch_add(1, Ordering::Relaxed);
    argon2
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map(|hash| hash.to_string())
        .map_err(HashError::Argon2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_checked_in_characters() {
        let words = "ein überaus öder Läufer äußert sich";
        assert!(Password::parse(words, &[]).is_ok());
        assert!(check_length("ä".repeat(12).as_str()).is_ok());
        assert!(check_length("ä".repeat(11).as_str()).is_err());
        assert!(check_length("a".repeat(129).as_str()).is_err());
    }

    #[test]
    fn what_is_guessed_first_is_refused() {
        let about = ["Ada", "Lovelace", "ada@example.com", "Analytical Engines"];
        for weak in [
            "aaaaaaaaaaaa",
            "password1234",
            "qwertyuiop12",
            "123456789012",
            "ada@example.com",
            "AdaLovelace12",
            "lovelaceada1",
            "P@ssw0rd1234",
        ] {
            let refused = Password::parse(weak, &about).map(drop);
            assert!(
                refused
                    .as_ref()
                    .is_err_and(|invalid| invalid.code == "password_too_weak"),
                "{weak}: {refused:?}"
            );
        }
        assert!(Password::parse("correct horse battery", &about).is_ok());
    }

    #[tokio::test]
    async fn a_hash_names_its_parameters_and_never_repeats() -> Result<(), HashError> {
        let Ok(password) = Password::parse("correct horse battery", &[]) else {
            panic!("the password is good")
        };

        let (one, two) = (password.hash().await?, password.hash().await?);

        assert!(one.starts_with(CURRENT), "{one}");
        assert_ne!(one, two);
        assert_eq!(
            verify("correct horse battery", Some(&one)).await?,
            Verdict::Right
        );
        assert_eq!(
            verify("correct horse batterz", Some(&one)).await?,
            Verdict::Wrong
        );
        Ok(())
    }

    #[tokio::test]
    async fn no_account_costs_the_same_hash_as_one() -> Result<(), HashError> {
        assert_eq!(verify("correct horse battery", None).await?, Verdict::Wrong);
        assert!(
            DECOY.starts_with(CURRENT),
            "the decoy costs what a hash of ours costs"
        );
        Ok(())
    }

    #[tokio::test]
    async fn a_hash_with_other_parameters_is_told() -> Result<(), HashError> {
        let params = Params::new(8 * 1024, 1, 1, None).expect("good parameters");
        let old = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_with_salt(b"correct horse battery", b"sixteen bytes ok")
            .map_err(HashError::Argon2)?
            .to_string();

        let verdict = verify("correct horse battery", Some(&old)).await?;

        assert_eq!(verdict, Verdict::RightButOld);
        Ok(())
    }
}
