#include "delta/words.h"

#include <fmt/format.h>

#include "base/text.h"

namespace salvor::delta {
namespace {

class DeltaWords final : public model::EngineWords {
 public:
  std::string Version(int64_t version) const override { return fmt::format("version {}", version); }
  std::string VersionOf(int64_t version, Instant at) const override {
    return fmt::format("version {} of {}", version, FormatInstant(at));
  }
  std::string InVersion(int64_t version) const override {
    return fmt::format("in version {}", version);
  }
  std::string MadeFor(int64_t version) const override {
    return fmt::format("for version {}", version);
  }
  std::string EventOf(int64_t version) const override { return fmt::format("version {}", version); }
  model::StateParts Parts() const override {
    return {"its partition columns or column mapping", "its constraints",
            "its protocol (table features)"};
  }
  std::string_view VersionNote() const override { return ""; }

  std::string_view JudgedBy() const override { return "files, counts and metadata"; }
  std::string_view PiecesHeader() const override { return "FILES"; }
  std::string_view PiecesLeftHeader() const override { return "FILES LEFT"; }
  std::string_view PastDeadline() const override {
    return "past: what is needed may go at any moment";
  }

  std::string Persisted(const model::Moved& moved) const override { return Files(moved); }
  std::string Restored(const model::Moved& moved) const override { return Files(moved); }
  std::vector<std::pair<std::string, int64_t>> PersistedCounts(
      const model::Moved& /*moved*/) const override {
    return {};
  }
  std::vector<std::pair<std::string, int64_t>> RestoredCounts(
      const model::Moved& /*moved*/) const override {
    return {};
  }
  std::string JobIds(std::string_view /*plan_digest*/, std::string_view /*step*/) const override {
    return "";
  }

  std::string_view HowPersistRuns() const override {
    return "the old content is put into the private copy, by links where it lies on the same file "
           "system; production is not written";
  }
  std::string_view HowApplyRuns() const override {
    return "one change of the table, all of the following or nothing; the table refuses a second "
           "change with the same operation key";
  }
  std::string_view WhatIsPinned() const override {
    return "each partition's content and the table's schema, partition columns, constraints and "
           "protocol are pinned in the plan by digest: apply refuses if any of them moved";
  }
  std::string Operations(int64_t count) const override {
    return Plural(count, "operation on files and log", "operations on files and log");
  }
  bool RunsByHand() const override { return false; }
  bool ComparesEveryRow() const override { return true; }

 private:
  static std::string Files(const model::Moved& moved) {
    return fmt::format("{} ({} linked, {} copied)", Plural(moved.files, "file"),
                       FormatCount(moved.linked), FormatCount(moved.copied));
  }
};

}  // namespace

const model::EngineWords& Words() {
  static const DeltaWords words;
  return words;
}

}  // namespace salvor::delta
