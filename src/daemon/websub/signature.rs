//! `X-Hub-Signature` (W3C WebSub §7.1): whether a delivery comes from who knows our secret.

use aws_lc_rs::hmac;

/// Whether a header such as `sha256=…` signs a body with a secret. Compares in constant time.
pub(super) fn is_signed(header: &str, secret: &[u8], body: &[u8]) -> bool {
    let Some((method, digest)) = header.trim().split_once('=') else {
        return false;
    };
    let algorithm = match method.trim().to_ascii_lowercase().as_str() {
        "sha1" => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        "sha256" => hmac::HMAC_SHA256,
        "sha384" => hmac::HMAC_SHA384,
        "sha512" => hmac::HMAC_SHA512,
        _ => return false,
    };
    let Some(digest) = unhex(digest.trim()) else {
        return false;
    };
    hmac::verify(&hmac::Key::new(algorithm, secret), body, &digest).is_ok()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .chars()
        .map(|digit| {
            digit
                .to_digit(16)
                .and_then(|value| u8::try_from(value).ok())
        })
        .collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty()
        .then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_method_of_the_specification_is_known_and_nothing_else_signs() {
        // RFC 2202 and RFC 4231, test case 2.
        let (secret, body) = (
            b"Jefe".as_slice(),
            b"what do ya want for nothing?".as_slice(),
        );
        let signed = |header: &str| is_signed(header, secret, body);
        assert!(signed("sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"));
        let sha256 = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert!(signed(sha256) && signed(&sha256.to_uppercase()));
        assert!(signed(
            "sha384=af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649"
        ));
        assert!(signed(
            "sha512=164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
        ));
        assert!(!is_signed(sha256, b"jefe", body) && !is_signed(sha256, secret, b"other"));
        for nonsense in [
            "",
            "sha256",
            "sha256=",
            "sha256=zz",
            "sha256=5bd",
            "md5=750c783e6ab0b503eaa86e310a5db738",
            "=5bdc",
        ] {
            assert!(!signed(nonsense), "{nonsense}");
        }
    }
}
