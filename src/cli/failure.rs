//! A command that did not do what it was asked: the exit code, and what to tell the person.

use std::fmt::Display;
use std::io;
use std::process::ExitCode;

use crate::config::Problems;
use crate::daemon::DaemonError;
use crate::store::StoreError;

const RUNTIME: u8 = 1;
const USAGE: u8 = 2;
const DATA: u8 = 65;
const IN_USE: u8 = 75;
const CONFIGURATION: u8 = 78;

/// Why a command failed.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    /// Something went wrong while it ran.
    pub fn runtime(message: impl Display) -> Self {
        Self {
            code: RUNTIME,
            message: message.to_string(),
        }
    }

    /// It was asked for something that cannot be.
    pub fn usage(message: impl Display) -> Self {
        Self {
            code: USAGE,
            message: message.to_string(),
        }
    }

    /// Somebody else is at it.
    pub fn in_use(message: impl Display) -> Self {
        Self {
            code: IN_USE,
            message: message.to_string(),
        }
    }

    /// Tells the person, and gives the exit code.
    #[must_use]
    pub fn report(self) -> ExitCode {
        if !self.message.is_empty() {
            for line in self.message.lines() {
                eprintln!("feedmill: {}", super::screen::safe(line));
            }
        }
        ExitCode::from(self.code)
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Self {
            code: CONFIGURATION,
            message: problems.to_string(),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            StoreError::InUse { .. } => IN_USE,
            StoreError::Foreign { .. }
            | StoreError::Newer { .. }
            | StoreError::Damaged { .. }
            | StoreError::History { .. }
            | StoreError::OtherLife { .. } => DATA,
            StoreError::Access { .. } => CONFIGURATION,
            _ => RUNTIME,
        };
        Self {
            code,
            message: error.to_string(),
        }
    }
}

impl From<DaemonError> for Failure {
    fn from(error: DaemonError) -> Self {
        match error {
            DaemonError::Store(error) => error.into(),
            DaemonError::Client(error) => Self {
                code: CONFIGURATION,
                message: error.to_string(),
            },
            other => Self::runtime(other),
        }
    }
}

impl From<io::Error> for Failure {
    /// A reader that has seen enough closes the pipe: that is no failure to speak of.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self {
                code: 0,
                message: String::new(),
            };
        }
        Self::runtime(error)
    }
}
