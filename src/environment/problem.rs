//! What can be wrong with variables: sentences, codes, and what to do.
//!
//! Owns: the findings about `.env` and about variables that are not set. Refuses: the value of any variable.

/// What can be wrong with variables.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A line of `.env` that cannot be read. It may be a secret, so the place is told and the text is not shown.
    #[error("`{path}:{line}:{column}`: {error}")]
    Dotenv {
        /// The file, from the project's root.
        path: &'static str,
        /// The line, from 1.
        line: usize,
        /// The column in characters, from 1.
        column: usize,
        /// What is wrong.
        error: DotenvError,
    },
    /// A variable that is needed, is not set and has no default.
    #[error("`{name}` is not set; it is needed for {needs}{}", said(message.as_deref()))]
    Unset {
        /// The variable.
        name: String,
        /// What `${VAR:?message}` says.
        message: Option<String>,
        /// Who needs it.
        needs: String,
    },
}

fn said(message: Option<&str>) -> String {
    message.map(|message| format!(" ({message})")).unwrap_or_default()
}

/// Why a line of `.env` cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DotenvError {
    /// Bytes that are no UTF-8.
    #[error("this is not UTF-8 text")]
    NotText,
    /// A value without a name.
    #[error("the name is missing before the `=`")]
    NoName,
    /// A blank in a name.
    #[error("a name holds no blank")]
    BlankInName,
    /// A character that no name has.
    #[error("a name is letters, digits, `_`, `.` and `-`, and ends at `=`")]
    BadName,
    /// The file ends after a name.
    #[error("the file ends before the `=` of this line")]
    NoValue,
    /// A quote that is never closed.
    #[error("this quote is never closed")]
    OpenQuote,
    /// A `${` that is no variable.
    #[error("a `${{…}}` of this value is no variable")]
    BadVariable,
    /// `${VAR:?…}` of a variable that is not set.
    #[error("`{0}` is not set, and this value asks for it with `?`")]
    Required(String),
    /// A zero byte.
    #[error("this value holds a zero byte")]
    Nul,
}

impl Problem {
    /// A code that stays the same from version to version.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Dotenv { .. } => "HSM-E430",
            Self::Unset { .. } => "HSM-E431",
        }
    }

    /// What to do, where that is known.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Unset { name, .. } => Some(format!(
                "set it in the environment or in `.env`, or write a default: `${{{name}:-DEFAULT}}`"
            )),
            Self::Dotenv { error, .. } => Some(
                match error {
                    DotenvError::NotText => "save the file as UTF-8",
                    DotenvError::OpenQuote => {
                        "close it, or put the whole value between the other kind of quotes"
                    }
                    DotenvError::BadVariable => {
                        "write `$$` for a dollar sign, or put the value between single quotes"
                    }
                    DotenvError::Required(_) => "set it in the environment, or above in the file",
                    DotenvError::NoValue => "end the line, or write `=` and a value",
                    DotenvError::NoName
                    | DotenvError::BlankInName
                    | DotenvError::BadName
                    | DotenvError::Nul => "write `NAME=value`; a line that starts with `#` is a comment",
                }
                .to_owned(),
            ),
        }
    }
}
