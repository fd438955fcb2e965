//! Credentials of a feed: read from a file for every poll, so that a rotated one is used at once
//! and a missing one fails its own feed only. The value never leaves this file but as a header.

use std::path::Path;

use base64::prelude::{BASE64_STANDARD, Engine as _};

use crate::fetch::{HeaderMap, HeaderValue};

/// A credential file is one line; more than this is something else.
const BYTES_MAX: usize = 16 << 10;

/// The Authorization header of a credential file: `user:password`, or a whole value such as `Bearer …`.
///
/// # Errors
/// Why the file cannot be used; never its content.
pub async fn authorization(path: &Path) -> Result<HeaderMap, String> {
    let fault = |detail: &dyn std::fmt::Display| format!("{}: {detail}", path.display());
    let text = tokio::fs::read_to_string(path)
        .await
        .map_err(|error| fault(&error))?;
    let line = text.trim();
    if line.is_empty() || line.len() > BYTES_MAX || line.contains('\n') {
        return Err(fault(&"it is not one line of credentials"));
    }
    let value = match line.split_once(' ') {
        Some((scheme, _)) if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            line.to_owned()
        }
        _ if line.contains(':') => format!("Basic {}", BASE64_STANDARD.encode(line)),
        _ => {
            return Err(fault(
                &"it is neither user:password nor a value such as Bearer …",
            ));
        }
    };
    let mut value =
        HeaderValue::from_str(&value).map_err(|_| fault(&"it cannot be a header's value"))?;
    value.set_sensitive(true);
    Ok(HeaderMap::from_iter([(crate::fetch::AUTHORIZATION, value)]))
}

/// When the file was last changed, in nanoseconds since 1970; 0 when it cannot be told.
pub async fn changed_at(path: &Path) -> u128 {
    let Ok(changed) = tokio::fs::metadata(path)
        .await
        .and_then(|file| file.modified())
    else {
        return 0;
    };
    changed
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_gives_a_header_and_a_fault_never_shows_its_content() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("secret");
        for (content, value) in [("me:pw\n", "Basic bWU6cHc="), ("Bearer abc", "Bearer abc")] {
            std::fs::write(&path, content).expect("written");
            let headers = authorization(&path).await.expect("a header");
            assert_eq!(
                headers.get("authorization").expect("set").as_bytes(),
                value.as_bytes()
            );
        }
        std::fs::write(&path, "hunter2").expect("written");
        let fault = authorization(&path).await.expect_err("refused");
        assert!(!fault.contains("hunter2"), "{fault}");
        assert!(authorization(&dir.path().join("absent")).await.is_err());
    }
}
