#include "salvor/case.h"

#include <utility>

#include "library/opened.h"
#include "library/values.h"
#include "recovery/apply.h"
#include "recovery/clean.h"
#include "recovery/persist.h"
#include "recovery/undo.h"
#include "recovery/verify.h"
#include "workspace/approve_case.h"
#include "workspace/opened_case.h"

namespace salvor {
namespace {

Status CheckName(const Plan& plan, const Confirmation& confirmed) {
  if (confirmed.name == plan.name) return Done{};
  return Fail(Code::kRefused, "that is not the table's name: nothing was done", plan.table,
              "Confirmation::name is Plan::name, as a person typed it");
}

}  // namespace

struct Case::Opened : library::Opened {
  Opened(std::string where, const OpenOptions& options)
      : library::Opened(options), folder(std::move(where)) {}

  // As each step needs it: the review of today, and who acts now.
  Result<workspace::OpenedCase> Open(const workspace::EngineFlags& flags = {},
                                     bool allow_other_signers = false) {
    return workspace::OpenCase(workspace, folder, flags, allow_other_signers);
  }

  const std::string folder;
  Plan plan;
};

Case::Case(std::unique_ptr<Opened> opened) : opened_(std::move(opened)) {}
Case::Case(Case&&) noexcept = default;
Case& Case::operator=(Case&&) noexcept = default;
Case::~Case() = default;

Result<Case> Case::Open(const std::string& folder, const OpenOptions& options) {
  auto opened = std::make_unique<Opened>(folder, options);
  SALVOR_TRY(const workspace::OpenedCase open, opened->Open());
  opened->plan = library::PlanOf(open.incident.plan, {});
  return Case(std::move(opened));
}

Result<std::string> Case::Approve(const std::string& folder, const ApproveRequest& request,
                                  const OpenOptions& options) {
  if (request.reject && request.reason.empty()) {
    return Fail(Code::kInvalidArgument, "a rejection needs a reason", folder);
  }
  library::Opened opened(options);
  SALVOR_TRY(const recovery::Case incident, recovery::LoadCase(opened.fs, folder));
  SALVOR_TRY(const recovery::Actor by,
             workspace::ApproverOf(opened.workspace, incident, request.who));
  recovery::ApproveRequest asked;
  asked.key = {request.who, request.key, request.may_ask};
  asked.decision = request.reject ? model::Decision::kReject : model::Decision::kApprove;
  asked.reason = request.reason;
  asked.verbs = {model::Verb::kAbandon, model::Verb::kApply, model::Verb::kUndo};
  asked.expires = request.expires;
  SALVOR_TRY(const recovery::Approved approved,
             workspace::ApproveCase(opened.workspace, incident, by, asked));
  return approved.path;
}

const std::string& Case::Folder() const { return opened_->folder; }
const Plan& Case::Planned() const { return opened_->plan; }

Result<Persisted> Case::Persist(const PersistRequest& request) {
  workspace::EngineFlags flags;
  flags.copy = request.copy;
  flags.deep = request.deep;
  SALVOR_TRY(const workspace::OpenedCase open, opened_->Open(flags));
  const auto staging = open.engine->Staging();
  SALVOR_TRY(warehouse::Persisted persisted,
             recovery::Persist(opened_->fs, io::SystemClock(), open.incident, open.by, *staging));
  return Persisted{std::move(persisted.place), persisted.already, std::move(persisted.privacy),
                   std::move(persisted.warnings)};
}

Result<std::vector<std::string>> Case::ForecastApply() {
  SALVOR_TRY(const workspace::OpenedCase open, opened_->Open());
  return open.engine->Writer()->Forecast(open.incident.plan, open.incident.digest);
}

Result<Applied> Case::Apply(const Confirmation& confirmed) {
  SALVOR_OK(CheckName(opened_->plan, confirmed));
  SALVOR_TRY(const workspace::OpenedCase open, opened_->Open({}, confirmed.allow_other_signers));
  const auto reader = open.engine->Reader();
  const auto staging = open.engine->Staging();
  const auto writer = open.engine->Writer();
  SALVOR_TRY(recovery::ApplyReport report,
             recovery::Apply(opened_->fs, io::SystemClock(), open.incident, open.by, *reader,
                             *staging, *writer));
  return Applied{report.already, report.version, report.restored, std::move(report.skipped),
                 std::move(report.by_hand)};
}

Result<Proof> Case::Verify(const VerifyRequest& request) {
  workspace::EngineFlags flags;
  flags.fingerprints = request.fingerprints;
  SALVOR_TRY(const workspace::OpenedCase open, opened_->Open(flags));
  const auto reader = open.engine->Reader();
  const auto staging = open.engine->Staging();
  SALVOR_TRY(const model::Proof proof, recovery::Verify(opened_->fs, io::SystemClock(),
                                                        open.incident, open.by, *reader, *staging));
  return library::ProofOf(proof);
}

Result<Undone> Case::Undo(const Confirmation& confirmed) {
  SALVOR_OK(CheckName(opened_->plan, confirmed));
  SALVOR_TRY(const workspace::OpenedCase open, opened_->Open({}, confirmed.allow_other_signers));
  const auto reader = open.engine->Reader();
  const auto staging = open.engine->Staging();
  const auto undoer = open.engine->Undoer();
  SALVOR_TRY(warehouse::RestoreOutcome outcome,
             recovery::Undo(opened_->fs, io::SystemClock(), open.incident, open.by, *reader,
                            *staging, *undoer));
  return Undone{outcome.kind == warehouse::RestoreOutcome::Kind::kAlready, outcome.version,
                std::move(outcome.by_hand)};
}

Result<bool> Case::Clean() {
  SALVOR_TRY(const workspace::OpenedCase open, opened_->Open());
  const auto reader = open.engine->Reader();
  const auto staging = open.engine->Staging();
  const auto dropper = open.engine->Dropper();
  return recovery::Clean(opened_->fs, io::SystemClock(), open.incident, open.by,
                         recovery::CleanWhen::kProven, *reader, *staging, *dropper);
}

}  // namespace salvor
