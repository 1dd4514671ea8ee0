//! What is proposed on top of a tip, of the target branch or of the head branch, and what
//! stands in its way.

use crate::error::Error;
use crate::git::Tip;
use crate::publish::{self, Proposal, Side};

use super::super::approval;
use super::super::compare::Decision;
use super::super::publication::draft;
use super::seen::Seen;
use super::{Work, heads, refused};

impl Work<'_> {
    /// What is to be pushed on top of a branch.
    pub(super) async fn decide(
        &self,
        side: Side,
        tip: &Tip,
        seen: &mut Seen,
    ) -> Result<Option<Proposal>, Error> {
        let allow_older = self.settings.run.allow_older;
        seen.side = side;
        let decision = match side {
            Side::Target => {
                seen.target = Some(tip.branch.clone());
                heads::refuse_target(&self.options.head_branch, tip)?;
                refused::missing(tip)?;
                heads::refuse_beside(&seen.head, tip)?;
                let decided = self.group().decide(self.context, allow_older, tip);
                if self.group().adopted.is_incomplete() {
                    return Ok(None);
                }
                let mut decision = decided?;
                if let Decision::Plans(plans) = &decision
                    && !allow_older
                    && heads::starts(tip, plans)
                {
                    if self.moved.is_unknown() {
                        return Ok(None);
                    }
                    let name = &self.group().members[0].settings.name;
                    decision = self.moved.decided(name).unwrap_or(decision);
                }
                if let Decision::Plans(plans) = &decision {
                    approval::at_tip(self.context, self.branch, tip, plans, &[])?;
                    self.judge(tip, plans).await?;
                }
                decision
            }
            Side::Head => {
                let is_ours = publish::is_ours(tip, &self.group().wanted());
                if self.context.approved.is_some() && !is_ours {
                    return Err(approval::others_on(&seen.head));
                }
                self.group()
                    .decide_on_head(self.context, allow_older, tip)?
            }
        };
        match decision {
            Decision::Older {
                environment,
                published,
            } => {
                approval::refuse_older(self.context, Some(&environment))?;
                seen.older = Some((environment, *published));
                Ok(None)
            }
            Decision::Plans(made) => {
                let changes = self.group().changes(&made);
                match (side, &seen.target) {
                    (Side::Target, _) => seen.plans = made,
                    (Side::Head, Some(target)) if !changes.is_empty() => {
                        self.cancel_completion(&seen.head, target).await?;
                    }
                    (Side::Head, _) => {}
                }
                let commit = draft(self.context, self.settings, self.group());
                Ok(Some(Proposal { changes, commit }))
            }
        }
    }
}
