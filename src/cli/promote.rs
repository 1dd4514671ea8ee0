//! `promote`: publishes further environments from the commit of the source
//! that was published for another one.
//!
//! Nothing is taken on trust: the environment that is promoted is rendered
//! again, and has to come out as it was published.

mod source;
mod view;

use std::path::Path;
use std::sync::Arc;

use gitops_plan::Approval;

use crate::agent::Environment;
use crate::context::Context;
use crate::error::{Error, Kind};
use crate::model::{Finding, ObjectId, PublicationStamp, SourceStamp, WriterStamp};
use crate::pipeline::{self, Published, Stopped};
use crate::report::RunReport;
use crate::settings::definition::{ENVIRONMENTS, PromoteArgs};
use crate::settings::{EnvironmentSettings, Layer, Origin, Settings, Target, Value};

use super::connect::Connector;
use super::invocation::{self, Doors};
use super::network;
use super::tools;
use super::wait;
use view::View;

/// What is promoted, and where to.
#[derive(Debug)]
pub(super) struct Promotion {
    from: String,
    to: Vec<String>,
    commit: Option<String>,
    dry_run: bool,
}

/// What a promotion has to know of the run.
pub(super) struct Run<'a> {
    pub(super) doors: &'a Doors,
    pub(super) environment: &'a Arc<Environment>,
    /// Nothing is published; what would change is listed.
    pub(super) verify_only: bool,
    /// What may be published, where somebody approved something.
    pub(super) approval: Option<&'a Approval>,
}

/// What a promotion works with.
struct Work<'a> {
    promotion: &'a Promotion,
    run: Run<'a>,
    /// The settings as they are in the checkout.
    settings: &'a Settings,
    context: Context,
    connector: &'a Connector,
}

impl Promotion {
    /// Checks what was given.
    pub(super) fn new(args: PromoteArgs) -> Result<Self, Error> {
        let name = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let Some(from) = args.from.and_then(name) else {
            return Err(
                Error::message(Kind::Usage, "no environment to promote from is named")
                    .hint("name it with `from`, such as `dev`"),
            );
        };
        let to: Vec<_> = args.to.into_iter().filter_map(name).collect();
        if to.is_empty() {
            let said = "no environment to promote to is named";
            return Err(Error::message(Kind::Usage, said)
                .hint("name at least one with `to`, such as `prod`"));
        }
        if to.contains(&from) {
            let said = format!("the environment `{from}` cannot be promoted to itself");
            return Err(Error::message(Kind::Usage, said));
        }
        Ok(Self {
            from,
            to,
            commit: args.commit.and_then(name),
            dry_run: args.dry_run,
        })
    }

    /// Whether it only says what it would do.
    pub(super) fn dry_run(&self) -> bool {
        self.dry_run
    }

    /// Makes these environments those of the run: first the one that is
    /// promoted, then those that it is promoted to.
    pub(super) fn choose_environments(&self, given: &mut Layer) -> Result<(), Error> {
        if let Some(value) = given.get(ENVIRONMENTS) {
            let message = format!("{} cannot be used with `promote`", value.origin);
            return Err(Error::message(Kind::Usage, message)
                .hint("`from` and `to` name the environments; leave `environments` out"));
        }
        let names = std::iter::once(&self.from).chain(&self.to);
        let names = Value::list(names.cloned().collect(), Origin::Flag("to".to_owned()));
        given.insert(ENVIRONMENTS.to_owned(), names);
        Ok(())
    }

    /// Reads, renders, compares, publishes. `settings` are those of the
    /// checkout.
    pub(super) async fn run(
        &self,
        run: Run<'_>,
        context: Context,
        settings: &Settings,
        connector: &Connector,
    ) -> Result<RunReport, Box<Stopped>> {
        let promotion = self;
        let work = Work {
            promotion,
            run,
            settings,
            context,
            connector,
        };
        Box::pin(work.run()).await
    }
}

impl Work<'_> {
    async fn run(mut self) -> Result<RunReport, Box<Stopped>> {
        let published = self.published().await?;
        if self.settings.run.wait.require_rolled_out {
            let from = &self.settings.environments[0];
            let reporter = &self.context.reporter;
            wait::require_rolled_out(from, &published, self.connector, reporter).await?;
        }
        let (view, commit, warnings) = self.view(&published).await?;
        for warning in &warnings {
            self.context.reporter.warning(&warning.to_string());
        }
        let mut settings = self.settings_there(&view, commit)?;
        for environment in &mut settings.environments {
            let own = std::mem::take(&mut environment.made_from);
            environment.made_from = promoted(own, &published, commit);
        }
        self.context.publication = self.stamp(&published, commit);
        self.context.of_commit = true;
        self.context.reporter.info(&format!(
            "Promoting {} to {}: commit {commit} of the source",
            self.promotion.from,
            self.promotion.to.join(", "),
        ));
        let rendered = pipeline::render(&self.context, &settings).await?;
        let Some((from, to)) = rendered.split_first() else {
            return Err(Error::message(Kind::Internal, "nothing was rendered").into());
        };
        published.prove(from, commit, self.promotion.commit.is_some())?;
        let open = async |target: &Target| {
            let create = invocation::may_create(self.run.doors, target);
            self.connector.open(target, create).await
        };
        let complete = |mut report: RunReport| {
            report.command = "promote";
            report.source_commit = Some(commit.to_string());
            report.warnings.splice(0..0, warnings);
            report
        };
        let context = &self.context;
        if self.run.verify_only {
            let report = pipeline::verify(context, &settings, to, open, self.run.approval).await?;
            return Ok(complete(report));
        }
        let work = pipeline::publish(context, &settings, to, open, self.run.approval);
        match Box::pin(work).await {
            Ok(report) => Ok(complete(report)),
            Err(stopped) => Err(Box::new(Stopped {
                report: complete(stopped.report),
                error: stopped.error,
            })),
        }
    }

    /// The commit of the source, where its files are seen, and what is not as
    /// in a checkout there.
    async fn view(&self, published: &Published) -> Result<(View, ObjectId, Vec<Finding>), Error> {
        let (checkout, commit) = self.source(published)?;
        if let Some(head) = checkout.head().filter(|head| *head != commit)
            && self.promotion.commit.is_none()
        {
            self.context.reporter.info(&format!(
                "`{}` runs {}. Later changes that affect only other environments are left out; to include them, set `commit`, for example to {}",
                self.promotion.from,
                commit.short(),
                head.short()
            ));
        }
        let in_place = checkout.is_checked_out(commit);
        if in_place.map_err(|fault| Error::new(Kind::Internal, fault))? {
            return Ok((View::in_place(), commit, Vec::new()));
        }
        let temp_root = self.context.temp_root.clone();
        let (view, left_out) = View::of_commit(checkout, commit, temp_root).await?;
        Ok((view, commit, left_out))
    }

    /// What was published for the environment that is promoted.
    async fn published(&self) -> Result<Published, Error> {
        let from = &self.settings.environments[0];
        let target = from.target.as_ref();
        let target = target.ok_or_else(|| {
            let said = format!(
                "no manifest repository is set for environment `{}`",
                from.name
            );
            Error::message(Kind::Usage, said)
        })?;
        let connection = self.connector.open(target, false).await?;
        let published = pipeline::published(from, &connection).await?;
        if self.promotion.commit.is_some() {
            // Whoever names a commit has it compared with what the folder holds.
            return Ok(published);
        }
        published
            .as_left()
            .map_err(|error| error.context(format!("environment {}", from.name)))
    }

    /// The settings of the commit. Every environment has to be published where
    /// the settings of the checkout say, too: one of them would be wrong.
    fn settings_there(&mut self, view: &View, commit: ObjectId) -> Result<Settings, Error> {
        let of_commit = |error: Error| error.context(format!("commit {}", commit.short()));
        let untrusted = self.context.pull_request;
        let see = |path: &Path| view.see(path);
        let (mut settings, file) =
            invocation::settings(self.run.doors, self.run.environment, untrusted, &see)
                .map_err(of_commit)?;
        for environment in &mut settings.environments {
            view.confine(environment);
        }
        // What happens to risks is said today, not by the commit that is promoted.
        for (there, here) in settings
            .environments
            .iter_mut()
            .zip(&self.settings.environments)
        {
            there.risk.clone_from(&here.risk);
        }
        let publishes = !self.run.verify_only;
        invocation::require_repository(&mut settings, self.run.doors, untrusted && publishes)?;
        if file.is_none() && !self.context.exclude.is_empty() {
            let said = format!(
                "the settings file that is used here is not in commit {}",
                commit.short()
            );
            return Err(Error::message(Kind::Input, said)
                .hint("name one that is outside of the checkout with `config`, or promote a commit that has it"));
        }
        for (there, here) in settings
            .environments
            .iter()
            .zip(&self.settings.environments)
        {
            if place(there) != place(here) {
                let said = format!(
                    "environment `{}` is published to {} by the settings of commit {}, and to {} by those of the checkout",
                    there.name,
                    place(there),
                    commit.short(),
                    place(here)
                );
                return Err(Error::message(Kind::Conflict, said)
                    .hint("publish from a commit that has the new place first"));
            }
        }
        self.context.exclude = file.into_iter().collect();
        let certificate = settings.run.client_certificate.as_deref();
        let reporter = &self.context.reporter;
        let http = network::http_options(self.run.environment, certificate, reporter)?
            .within(settings.run.request_timeout);
        let args = &settings.run.tools;
        self.context.tools =
            tools::tools(args, self.run.environment, &http, &self.context.reporter)?;
        self.context.render_cache = tools::render_cache(args, self.run.environment);
        Ok(settings)
    }

    /// Which run this is, of the commit that is promoted.
    fn stamp(&self, published: &Published, commit: ObjectId) -> PublicationStamp {
        let own = self.context.publication.clone();
        PublicationStamp {
            source: promoted(own.source, published, commit),
            writer: WriterStamp {
                newest_commit: Some(commit.to_string()),
                ..own.writer
            },
        }
    }
}

/// The source of what is promoted: the repository is the one it came from, as
/// it was called there.
fn promoted(own: SourceStamp, published: &Published, commit: ObjectId) -> SourceStamp {
    let theirs = &published.stamp().source;
    let commit = Some(commit.to_string());
    let known = [&own, theirs].into_iter().find(|one| one.commit == commit);
    SourceStamp {
        repository: theirs.repository.clone().or(own.repository.clone()),
        commit_time: known.and_then(|one| one.commit_time),
        commit,
        ..own
    }
}

/// Where an environment is published, for comparing and for showing.
fn place(environment: &EnvironmentSettings) -> String {
    let target = environment.target.as_ref();
    let repository = target.map_or("", |target| target.place.as_str());
    let branch = target.and_then(|target| target.branch.as_deref());
    let branch = branch.map_or(String::new(), |branch| format!(" (branch {branch})"));
    format!("`{}` of {repository}{branch}", environment.folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn promote(from: Option<&str>, to: &[&str]) -> Result<Promotion, Error> {
        let args = PromoteArgs {
            from: from.map(str::to_owned),
            to: to.iter().map(|&name| name.to_owned()).collect(),
            commit: None,
            dry_run: false,
        };
        Promotion::new(args)
    }

    #[rstest::rstest]
    #[case(None, &["prod"], "no environment to promote from is named")]
    #[case(Some(" "), &["prod"], "no environment to promote from is named")]
    #[case(Some("dev"), &[], "no environment to promote to is named")]
    #[case(Some("dev"), &[""], "no environment to promote to is named")]
    #[case(Some("dev"), &["qa", "dev"], "the environment `dev` cannot be promoted to itself")]
    fn a_promotion_needs_two_different_environments(
        #[case] from: Option<&str>,
        #[case] to: &[&str],
        #[case] said: &str,
    ) {
        assert_eq!(promote(from, to).unwrap_err().to_string(), said);
    }
}
