//! Passwords: Argon2id with the parameters of OWASP's Password Storage Cheat
//! Sheet (19 MiB, two passes, one lane).

use crate::{NoRandomness, random};
use argon2::{Algorithm, Argon2, Params, Version, password_hash::PasswordHasher};
use portico_domain::Invalid;
use zeroize::Zeroizing;

/// The least length; ASVS 5 (6.2.1) asks for 8 and recommends more.
pub const MIN_CHARACTERS: usize = 12;
/// The greatest length, checked before hashing so that nobody can make us
/// hash a megabyte.
pub const MAX_CHARACTERS: usize = 128;

/// A password of acceptable length.
pub struct Password<'a>(&'a str);

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
    /// Checks a new password.
    pub fn parse(text: &'a str) -> Result<Self, Invalid> {
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
            _ => Ok(Self(text)),
        }
    }

    /// Hashes the password into a PHC string, on a thread where the tens of
    /// milliseconds that it takes keep nobody waiting.
    pub async fn hash(&self) -> Result<String, HashError> {
        let password = Zeroizing::new(self.0.to_owned());
        let hashing = tokio::task::spawn_blocking(move || hash(&password));
        hashing.await.map_err(|_| HashError::Interrupted)?
    }
}

fn hash(password: &str) -> Result<String, HashError> {
    let params =
        Params::new(19 * 1024, 2, 1, None).map_err(|error| HashError::Argon2(error.into()))?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let salt = random::<16>()?;
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
        assert!(Password::parse("ä".repeat(12).as_str()).is_ok());
        assert!(Password::parse("ä".repeat(11).as_str()).is_err());
        assert!(Password::parse("a".repeat(129).as_str()).is_err());
    }

    #[tokio::test]
    async fn a_hash_names_its_parameters_and_never_repeats() -> Result<(), HashError> {
        let Ok(password) = Password::parse("correct horse battery") else {
            panic!("the password is good")
        };

        let (one, two) = (password.hash().await?, password.hash().await?);

        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        assert_ne!(one, two);
        Ok(())
    }
}
