//! What a setting is besides its type, said where it is defined.

use clap::builder::{
    ArgExt, BoolishValueParser, PossibleValuesParser, TypedValueParser, ValueParser,
};
use clap::{Arg, ArgAction, ValueEnum};

/// What holds for a setting wherever it is given: `#[arg(long, add = TRUSTED_ONLY)]`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a mark of its own")]
pub struct Marks {
    /// It runs programs or names secrets, so a settings file that anybody may
    /// have written must not decide it.
    pub trusted_only: bool,
    /// It names files of the source, which a promotion reads in another commit.
    pub source_path: bool,
    /// It makes no sense in the settings file.
    pub not_in_file: bool,
    /// It is data, taken to the letter: no placeholders.
    pub literal: bool,
    /// It is a free text or a pattern, where braces and dollars mean nothing.
    pub free: bool,
    /// Whether it is a map in the settings file.
    pub map: Maps,
    /// The smallest and the largest number that it can be.
    pub range: Option<(u64, u64)>,
}

/// Whether a setting is a map in the settings file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Maps {
    /// It is not.
    #[default]
    Never,
    /// It can be one, or a list of texts.
    Also,
    /// It has no other form.
    Always,
}

impl ArgExt for Marks {}

const NONE: Marks = Marks {
    trusted_only: false,
    source_path: false,
    not_in_file: false,
    literal: false,
    free: false,
    map: Maps::Never,
    range: None,
};

/// A setting that a file nobody has reviewed must not decide.
pub(super) const TRUSTED_ONLY: Marks = Marks {
    trusted_only: true,
    ..NONE
};

/// A setting that names files of the source.
pub(super) const SOURCE_PATH: Marks = Marks {
    source_path: true,
    ..NONE
};

/// A setting that makes no sense in the settings file.
pub(super) const NOT_IN_FILE: Marks = Marks {
    not_in_file: true,
    ..NONE
};

/// A setting that is data, taken to the letter.
pub(super) const LITERAL: Marks = Marks {
    literal: true,
    ..NONE
};

/// A setting that is a free text.
pub(super) const FREE: Marks = Marks { free: true, ..NONE };

/// A setting that is a map in the settings file.
pub(super) const MAP: Marks = Marks {
    map: Maps::Always,
    ..NONE
};

/// Data that can be a map in the settings file.
pub(super) const LITERAL_MAP: Marks = Marks {
    literal: true,
    map: Maps::Also,
    ..NONE
};

/// Patterns of files of the source.
pub(super) const SOURCE_PATTERN: Marks = Marks {
    source_path: true,
    free: true,
    ..NONE
};

/// A setting that is a number from `least` to `most`, as its parser has it too.
pub(super) const fn between(least: u64, most: u64) -> Marks {
    Marks {
        range: Some((least, most)),
        ..NONE
    }
}

impl Marks {
    /// The marks of a setting.
    pub fn of(argument: &Arg) -> Self {
        argument.get::<Self>().copied().unwrap_or(NONE)
    }
}

/// Whether the setting is on or off.
pub fn is_switch(argument: &Arg) -> bool {
    argument.get_value_parser().type_id() == ValueParser::bool().type_id()
}

/// Whether the setting is a number.
pub fn is_number(argument: &Arg) -> bool {
    let kind = argument.get_value_parser().type_id();
    [
        ValueParser::new(clap::value_parser!(u8)).type_id(),
        ValueParser::new(clap::value_parser!(u16)).type_id(),
        ValueParser::new(clap::value_parser!(u32)).type_id(),
        ValueParser::new(clap::value_parser!(u64)).type_id(),
    ]
    .contains(&kind)
}

/// Makes a `bool` argument that takes a value the switch that users expect:
/// `--comment`, `--comment=no`, and any spelling of true and false.
pub(super) fn switch(argument: Arg) -> Arg {
    if !is_switch(&argument) || !matches!(argument.get_action(), ArgAction::Set) {
        return argument;
    }
    argument
        .value_parser(BoolishValueParser::new())
        .hide_possible_values(true)
        .num_args(0..=1)
        .require_equals(true)
        .default_missing_value("true")
}

/// A choice, or nothing for `auto`. Another name than `Option`: with that,
/// clap would make the argument optional instead of asking the parser.
pub type OrAuto<T> = Option<T>;

/// Parses a choice that can also be `auto`.
pub(super) fn or_auto<T>() -> impl TypedValueParser<Value = OrAuto<T>>
where
    T: ValueEnum + Send + Sync + 'static,
{
    let auto = clap::builder::PossibleValue::new("auto");
    let names = T::value_variants().iter().filter_map(T::to_possible_value);
    PossibleValuesParser::new(std::iter::once(auto).chain(names))
        .map(|name| T::from_str(&name, false).ok())
}

/// The id of a setting, taken from its field: it cannot be misspelt, and goes
/// with the field when that is renamed.
macro_rules! id {
    ($arguments:ty, $field:ident) => {{
        let _ = |arguments: &$arguments| {
            let _ = &arguments.$field;
        };
        stringify!($field)
    }};
}
pub(crate) use id;

#[cfg(test)]
mod tests {
    use clap::{Args as _, Command};

    use super::*;
    use crate::settings::definition::{EnvironmentArgs, RunArgs};

    #[test]
    fn every_number_has_the_range_that_its_parser_takes() {
        let definition = || {
            let definition = Command::new("x").no_binary_name(true);
            RunArgs::augment_args(EnvironmentArgs::augment_args(definition))
        };
        let takes = |argument: &Arg, number: i128| {
            let long = argument.get_long().unwrap();
            let word = format!("--{long}={number}");
            definition().try_get_matches_from([word]).is_ok()
        };
        let mut numbers = 0;
        for argument in definition().get_arguments().filter(|it| is_number(it)) {
            numbers += 1;
            let id = argument.get_id();
            let (least, most) = Marks::of(argument).range.unwrap_or((0, u64::MAX));
            let (least, most) = (i128::from(least), i128::from(most));
            assert!(
                takes(argument, least) && takes(argument, most),
                "{id} takes less"
            );
            assert!(!takes(argument, least - 1), "{id} takes less than {least}");
            assert!(!takes(argument, most + 1), "{id} takes more than {most}");
        }
        assert!(numbers >= 2, "the numbers are found");
    }
}
