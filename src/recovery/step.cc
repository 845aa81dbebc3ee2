#include "recovery/step.h"

#include <utility>

#include "custody/approvals.h"

namespace salvor::recovery {

using nlohmann::json;

json Member(const journal::Line& line, const char* name) {
  const auto found = line.entry.data.find(name);
  return found == line.entry.data.end() ? json() : *found;
}

Step::Step(std::unique_ptr<journal::Journal> journal, std::string name, std::string who)
    : journal_(std::move(journal)), name_(std::move(name)), who_(std::move(who)) {}

Result<Step> Step::Begin(io::Fs& fs, const io::Clock& clock, const Case& incident, std::string name,
                         std::string who) {
  SALVOR_OK(CheckNotOpenToAll(fs, incident.folder));
  SALVOR_TRY(auto journal, journal::Journal::Open(fs, clock, incident.folder, incident.digest));
  fs.NameTemporaries(incident.digest);
  // The journal is ours alone by now, so what bears this name was left by a run that was killed.
  const std::string approvals = io::JoinPath(incident.folder, custody::kApprovalsFolder);
  for (const std::string& folder : {incident.folder, approvals}) {
    io::RemoveTemporaries(fs, folder, incident.digest);
  }
  return Step(std::move(journal), std::move(name), std::move(who));
}

Result<Step> Step::Begin(io::Fs& fs, const io::Clock& clock, const Case& incident, std::string name,
                         const Actor& by) {
  SALVOR_TRY(Step step, Begin(fs, clock, incident, std::move(name), by.identity.name));
  step.identity_ = ToJson(by);
  return step;
}

const std::vector<journal::Line>& Step::Past() const { return journal_->Entries(); }

const journal::Line* Step::LastDone(const std::string& step) const {
  const auto& records = journal_->Entries();
  for (auto record = records.rbegin(); record != records.rend(); ++record) {
    if (record->entry.step == step && record->entry.kind == journal::Kind::kOutcome &&
        Member(*record, "result") == "done") {
      return &*record;
    }
  }
  return nullptr;
}

Status Step::Intend(json data) {
  data["who"] = who_;
  if (!identity_.is_null()) data["identity"] = identity_;
  return journal_->Append({name_, journal::Kind::kIntent, std::move(data)});
}

Status Step::Note(json data) {
  return journal_->Append({name_, journal::Kind::kNote, std::move(data)});
}

Status Step::Finish(json data) {
  data["result"] = "done";
  return journal_->Append({name_, journal::Kind::kOutcome, std::move(data)});
}

Error Step::Failed(Error error) {
  const bool unknown = error.code == Code::kOutcomeUnknown;
  const Status written = journal_->Append({name_,
                                           journal::Kind::kOutcome,
                                           {{"result", unknown ? "unknown" : "not done"},
                                            {"code", CodeName(error.code)},
                                            {"message", error.Message()}}});
  if (!written)
    error.next += " (and the journal could not be written: " + written.error().what + ")";
  return error;
}

}  // namespace salvor::recovery
