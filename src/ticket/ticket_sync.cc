#include "ticket/ticket_sync.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "journal/journal.h"
#include "recovery/activity_log.h"
#include "recovery/step.h"

namespace salvor::ticket {
namespace {

using journal::Kind;
using journal::Line;
using model::Anchor;
using nlohmann::json;
using recovery::Member;
using recovery::Step;

constexpr const char* kStep = "ticket";

std::string TextOf(const Line& line, const char* name) {
  const json value = Member(line, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

int64_t NumberOf(const Line& line, const char* name) {
  const json value = Member(line, name);
  return value.is_number_integer() ? value.get<int64_t>() : 0;
}

// An attempt of which nobody knows what came of it: cut off, or its outcome is unknown.
struct Attempt {
  bool opens = false;
  Instant at;
  Anchor head;
};

// What the journal says about the ticket.
struct Past {
  std::string key;   // "" if none is known
  int64_t told = 0;  // the ticket knows what was done up to this line
  bool redact = false;
  std::vector<Attempt> open_ends;

  [[nodiscard]] std::optional<Instant> MayBeOpenSince() const {
    std::optional<Instant> latest;
    for (const Attempt& attempt : open_ends) {
      if (attempt.opens) latest = attempt.at;
    }
    return latest;
  }
};

Past PastOf(const std::vector<Line>& lines) {
  Past past;
  bool running = false;  // the last of the open ends is an attempt without an outcome so far
  for (const Line& line : lines) {
    if (line.entry.step != kStep) continue;
    if (line.entry.kind == Kind::kIntent) {
      past.open_ends.push_back(
          {TextOf(line, "act") == "open", line.at, {NumberOf(line, "line"), TextOf(line, "hash")}});
      running = true;
    } else if (line.entry.kind == Kind::kOutcome) {
      const std::string result = TextOf(line, "result");
      if (result == "not done" && running) past.open_ends.pop_back();
      running = false;
      if (result != "done") continue;
      past.open_ends.clear();
      past.key = TextOf(line, "key");
      past.told = NumberOf(line, "line");
      past.redact = past.redact || Member(line, "redact") == true;
    }
  }
  return past;
}

json ToldData(const char* act, const Ticket& ticket, const Anchor& head) {
  return {{"act", act},
          {"key", ticket.key},
          {"url", ticket.url},
          {"line", head.line},
          {"hash", head.hash}};
}

bool Holds(const std::vector<std::string>& texts, const std::string& what) {
  return std::any_of(texts.begin(), texts.end(),
                     [&](const std::string& text) { return text.find(what) != std::string::npos; });
}

class Teller {
 public:
  Teller(const io::Clock& clock, const recovery::Case& incident, Tracker& tracker,
         const TicketTexts& wording, Step step)
      : clock_(clock),
        incident_(incident),
        tracker_(tracker),
        wording_(wording),
        step_(std::move(step)),
        head_(recovery::HeadOf(step_.Past(), incident.digest)) {}

  Result<Opened> Open(const std::optional<std::string>& key) {
    const Past past = PastOf(step_.Past());
    if (!past.key.empty()) {
      SALVOR_TRY(Ticket ticket, tracker_.Named(past.key));
      if (key && *key != past.key) {
        return Fail(Code::kConflict, "the case has another ticket: " + past.key, incident_.folder);
      }
      return Opened{std::move(ticket), true};
    }
    if (key) return Adopt(*key);
    SALVOR_TRY(auto found, tracker_.Find(wording_.mark, incident_.digest));
    if (!found) SALVOR_OK(CheckListedByNow(past.MayBeOpenSince()));
    SALVOR_OK(step_.Intend({{"act", "open"}, {"line", head_.line}, {"hash", head_.hash}}));
    auto opened = found ? Result<Opened>(Opened{*std::move(found), true}) : OpenNew();
    if (!opened) return Fail(step_.Failed(std::move(opened).error()));
    SALVOR_OK(step_.Finish(OpenedData("open", opened->ticket)));
    return opened;
  }

  Result<bool> Tell() {
    const Past past = PastOf(step_.Past());
    if (past.key.empty()) return false;
    SALVOR_TRY(const Ticket ticket, tracker_.Named(past.key));
    int64_t told = past.told;
    if (!past.open_ends.empty()) {
      SALVOR_TRY(told, ToldByLostComments(past, ticket));
    }
    std::vector<model::Activity> news = News(told);
    if (past.redact || wording_.redact) {
      for (model::Activity& activity : news) activity.detail.clear();
    }
    if (news.empty()) return false;
    SALVOR_OK(step_.Intend({{"act", "comment"}, {"line", head_.line}, {"hash", head_.hash}}));
    Status sent = tracker_.Comment(ticket.key, wording_.comment(news, head_));
    if (!sent) return Fail(step_.Failed(std::move(sent).error()));
    SALVOR_OK(step_.Finish(ToldData("comment", ticket, head_)));
    return true;
  }

 private:
  [[nodiscard]] json OpenedData(const char* act, const Ticket& ticket) const {
    json data = ToldData(act, ticket, head_);
    data["redact"] = wording_.redact;
    return data;
  }

  // Where an earlier attempt may have opened a ticket, that nothing is found means something only
  // once every index must have it. Nothing is journaled: what the earlier one did stays open.
  [[nodiscard]] Status CheckListedByNow(const std::optional<Instant>& tried) const {
    if (!tried || clock_.Now() - *tried >= kIndexDelay) return Done{};
    return Fail(Code::kOutcomeUnknown,
                "an earlier attempt may have opened a ticket that the tracker does not list yet",
                wording_.mark,
                fmt::format("Run it again after {}, or name the ticket with --key",
                            FormatInstant(*tried + kIndexDelay)));
  }

  // A key alone is a claim: what can be read of the ticket must be what was sent.
  Result<Opened> OpenNew() {
    SALVOR_TRY(Ticket ticket, tracker_.Open(wording_.title, wording_.body(head_)));
    const auto texts = tracker_.Texts(ticket.key);
    if (texts && !Holds(*texts, incident_.digest)) {
      return Fail(
          Code::kOutcomeUnknown,
          fmt::format("the tracker named ticket {}, which does not show this plan", ticket.key),
          ticket.url, "Look at it; run the same command again to find the ticket");
    }
    return Opened{std::move(ticket), false};
  }

  Result<Opened> Adopt(const std::string& key) {
    SALVOR_TRY(Ticket ticket, tracker_.Named(key));
    SALVOR_OK(step_.Intend(
        {{"act", "adopt"}, {"key", ticket.key}, {"line", head_.line}, {"hash", head_.hash}}));
    auto adopted = PutOn(ticket);
    if (!adopted) return Fail(step_.Failed(std::move(adopted).error()));
    SALVOR_OK(step_.Finish(OpenedData("adopt", ticket)));
    return Opened{std::move(ticket), *adopted};
  }

  // `true` if the plan's text was there.
  Result<bool> PutOn(const Ticket& ticket) {
    SALVOR_TRY(const auto texts, tracker_.Texts(ticket.key));
    if (Holds(texts, incident_.digest)) return true;
    SALVOR_OK(tracker_.Comment(ticket.key, wording_.body(head_)));
    return false;
  }

  // Up to which line the ticket was told, now that lost comments are looked for.
  Result<int64_t> ToldByLostComments(const Past& past, const Ticket& ticket) {
    SALVOR_TRY(const auto texts, tracker_.Texts(ticket.key));
    int64_t told = past.told;
    for (const Attempt& attempt : past.open_ends) {
      if (Holds(texts, wording_.head(attempt.head))) told = std::max(told, attempt.head.line);
    }
    return told;
  }

  // What a reader of the ticket wants to know: what came of each step, and every alarm.
  [[nodiscard]] std::vector<model::Activity> News(int64_t told) const {
    std::vector<model::Activity> news;
    const auto& lines = step_.Past();
    const auto activities = recovery::ActivitiesOf(lines, *wording_.words);
    for (size_t i = 0; i < activities.size(); ++i) {
      if (activities[i].line <= told || activities[i].step == kStep) continue;
      if (lines[i].entry.kind == Kind::kIntent && !activities[i].alarm) continue;
      news.push_back(activities[i]);
    }
    return news;
  }

  const io::Clock& clock_;
  const recovery::Case& incident_;
  Tracker& tracker_;
  const TicketTexts& wording_;
  Step step_;
  Anchor head_;
};

}  // namespace

Result<Opened> OpenTicket(io::Fs& fs, const io::Clock& clock, const recovery::Case& incident,
                          const std::string& who, Tracker& tracker, const TicketTexts& wording,
                          const std::optional<std::string>& key) {
  SALVOR_TRY(Step step, Step::Begin(fs, clock, incident, kStep, who));
  return Teller(clock, incident, tracker, wording, std::move(step)).Open(key);
}

Result<std::optional<std::string>> TicketOf(const io::FsReader& fs,
                                            const recovery::Case& incident) {
  SALVOR_TRY(const journal::Chain chain,
             journal::ReadJournal(fs, incident.folder, incident.digest));
  const Past past = PastOf(chain.lines);
  return past.key.empty() ? std::optional<std::string>() : std::optional(past.key);
}

Result<bool> TellTicket(io::Fs& fs, const io::Clock& clock, const recovery::Case& incident,
                        const std::string& who, Tracker& tracker, const TicketTexts& wording) {
  SALVOR_TRY(Step step, Step::Begin(fs, clock, incident, kStep, who));
  return Teller(clock, incident, tracker, wording, std::move(step)).Tell();
}

}  // namespace salvor::ticket
