//! The hash of what a run would publish. Owns its canonical form: nothing but places,
//! bases, outputs, source and tools goes in; no time, no redaction, no view.
//!
//! In text it is the SHA-256, and behind it a few digits for each part and the number of
//! environments: they say which part differs where the hashes do, and prove nothing. That
//! is the same length for one environment and for a thousand; the plan file says which
//! environment it is, and what changed in it.

use std::collections::BTreeMap;
use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::effect::{Effect, Removal};
use crate::secrecy::hex;

type Sum = [u8; 32];

/// How many bytes of a part's digest stand behind the hash.
const CHECK: usize = 2;

/// What can differ between a plan and a publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The environment itself, its repository, branch or folders, and the rules for
    /// what others have there.
    Place,
    /// What the folders held before.
    Base,
    /// What is generated.
    Output,
    /// The commit of the source.
    Source,
    /// The programs.
    Tools,
}

impl Part {
    /// All of them, in the order of the canonical form.
    pub const ALL: [Self; 5] = [
        Self::Place,
        Self::Base,
        Self::Output,
        Self::Source,
        Self::Tools,
    ];
}

/// The hash of what a run would publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanHash {
    sum: Sum,
    /// None where only the SHA-256 was handed on.
    checks: Option<Checks>,
}

/// What stands behind the hash: of all environments together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Checks {
    parts: [[u8; CHECK]; Part::ALL.len()],
    /// How many environments there are, modulo 2^16.
    environments: u16,
}

impl PlanHash {
    /// The hash of what a run would publish. The order of the environments means nothing.
    pub fn of<'e>(effects: impl IntoIterator<Item = &'e Effect>, removals: &[Removal]) -> Self {
        let mut effects: Vec<_> = effects.into_iter().collect();
        effects.sort_by(|a, b| a.environment.cmp(&b.environment));
        let mut removals: Vec<_> = removals.iter().collect();
        removals.sort();
        let mut whole = Form::new("plan");
        whole.number(effects.len());
        let mut by_part = Part::ALL.map(|_| Form::new("check"));
        for effect in &effects {
            for (part, of_all) in parts(effect).iter().zip(&mut by_part) {
                whole.bytes(part);
                of_all.bytes(part);
            }
        }
        let checks = Checks {
            parts: by_part.map(Form::finish).map(|[one, two, ..]| [one, two]),
            environments: low_bits(effects.len()),
        };
        whole.number(removals.len());
        for removal in removals {
            whole.text(&removal.repository);
            whole.text(&removal.branch);
            whole.text(&removal.folder);
            whole.option(removal.base_tree.as_deref());
        }
        Self {
            sum: whole.finish(),
            checks: Some(checks),
        }
    }

    /// Reads what [`fmt::Display`] writes, or the SHA-256 alone; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let (sum, checks) = match text.split_once('-') {
            Some((sum, checks)) => (sum, Some(Checks::parse(checks)?)),
            None => (text.as_str(), None),
        };
        Some(Self {
            sum: from_hex(sum)?.try_into().ok()?,
            checks,
        })
    }

    /// Whether both are the hash of the same, whatever they say of its parts.
    pub fn is_same(&self, other: &Self) -> bool {
        self.sum == other.sum
    }

    /// In which parts another hash differs, where both say so.
    pub fn parts_that_differ(&self, other: &Self) -> Option<Vec<Part>> {
        let (own, other) = (self.checks?, other.checks?);
        let pairs = Part::ALL.into_iter().zip(own.parts).zip(other.parts);
        let differ = pairs.filter(|((_, own), other)| own != other);
        Some(differ.map(|((part, _), _)| part).collect())
    }

    /// How many environments it is of, where it says so and that is not `number`.
    pub fn other_number_than(&self, number: usize) -> Option<u16> {
        let own = self.checks?.environments;
        (own != low_bits(number)).then_some(own)
    }
}

impl Checks {
    fn parse(text: &str) -> Option<Self> {
        let bytes = from_hex(text)?;
        let (parts, number) = bytes.split_at_checked(CHECK * Part::ALL.len())?;
        let mut all = [[0; CHECK]; Part::ALL.len()];
        for (check, bytes) in all.iter_mut().zip(parts.chunks_exact(CHECK)) {
            check.copy_from_slice(bytes);
        }
        Some(Self {
            parts: all,
            environments: u16::from_be_bytes(number.try_into().ok()?),
        })
    }
}

/// Enough to tell one number of environments from another.
fn low_bits(number: usize) -> u16 {
    u16::try_from(number & 0xffff).unwrap_or_default()
}

impl fmt::Display for PlanHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.sum))?;
        if let Some(checks) = &self.checks {
            let parts = hex(checks.parts.as_flattened());
            write!(f, "-{parts}{:04x}", checks.environments)?;
        }
        Ok(())
    }
}

/// The digests of an environment's parts, in the order of [`Part::ALL`].
fn parts(effect: &Effect) -> [Sum; Part::ALL.len()] {
    let mut place = Form::new("place");
    place.text(&effect.environment);
    place.text(&effect.repository);
    place.text(&effect.branch);
    place.number(effect.folders.len());
    let (mut base, mut output) = (Form::new("base"), Form::new("output"));
    for folder in &effect.folders {
        place.text(&folder.folder);
        base.option(folder.base_tree.as_deref());
        output.text(&folder.output_tree);
        output.text(&folder.content);
    }
    if effect.adopts {
        place.text("adopts");
    }
    let mut source = Form::new("source");
    source.option(effect.source.commit.as_deref());
    let mut tools = Form::new("tools");
    for (name, version) in &effect.tools {
        tools.text(name);
        tools.text(version);
    }
    [place, base, output, source, tools].map(Form::finish)
}

/// The canonical form of one thing: each text with its length in front, so that no two
/// things have one form.
struct Form(Sha256);

impl Form {
    fn new(what: &str) -> Self {
        let mut form = Self(Sha256::new());
        form.text("gitops-plan 1");
        form.text(what);
        form
    }

    fn number(&mut self, number: usize) {
        self.0.update((number as u64).to_be_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len());
        self.0.update(bytes);
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn option(&mut self, text: Option<&str>) {
        self.number(usize::from(text.is_some()));
        self.text(text.unwrap_or_default());
    }

    fn finish(self) -> Sum {
        self.0.finalize().into()
    }
}

/// The SHA-256 over paths and contents of files, and the start of each file's own.
pub fn content<'f>(
    files: impl IntoIterator<Item = (&'f str, &'f [u8])>,
) -> (String, BTreeMap<String, String>) {
    let mut whole = Form::new("content");
    let mut each = BTreeMap::new();
    let mut sorted: Vec<_> = files.into_iter().collect();
    sorted.sort_unstable();
    for (path, bytes) in sorted {
        whole.text(path);
        whole.bytes(bytes);
        let sum: Sum = Sha256::digest(bytes).into();
        each.insert(path.to_owned(), hex(&sum[..4]));
    }
    (hex(&whole.finish()), each)
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks_exact(2).map(byte).collect()
}
