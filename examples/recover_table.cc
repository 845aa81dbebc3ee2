// Brings back what is missing of a table, by the library alone:
//
//   recover_table TABLE CASE NAME
//
// CASE is a folder for the plan and the journal, which is made. NAME is the table's name, which a
// person types to say that production may be written to. The exit code is 0 if the table is whole,
// or was made whole and proven; 1 otherwise.
#include <salvor/salvor.h>

#include <cstdio>
#include <string>

namespace {

// Data from outside stands in messages: what a terminal would obey is left out.
std::string Plain(const std::string& text) {
  std::string plain;
  for (const char c : text) plain += static_cast<unsigned char>(c) < ' ' || c == 0x7F ? '?' : c;
  return plain;
}

class Notes final : public salvor::Progress {
 public:
  void Tell(std::string_view /*step*/, int64_t /*done*/, int64_t /*total*/) override {}
  void Note(std::string_view line) override {
    std::fprintf(stderr, "%s\n", Plain(std::string(line)).c_str());
  }
};

void Show(const salvor::Inventory& inventory) {
  for (const salvor::PartitionHealth& one : inventory.partitions) {
    if (one.health == salvor::Health::kIntact) continue;
    std::printf("%s: %s, %lld rows now, %lld before%s\n", Plain(one.partition.name).c_str(),
                std::string(salvor::NameOf(one.health)).c_str(),
                static_cast<long long>(one.now.rows), static_cast<long long>(one.before.rows),
                one.recoverable ? ", recoverable" : "");
  }
}

// Each step may be repeated: a caller that was stopped opens the case again and goes on.
salvor::Result<bool> Recover(const std::string& name, const std::string& folder,
                             const std::string& confirmed, salvor::Progress& progress) {
  salvor::OpenOptions options;
  options.progress = &progress;
  auto table = salvor::Table::Open(name, options);
  if (!table) return salvor::Fail(table.error());
  const auto inventory = table->ReadInventory();
  if (!inventory) return salvor::Fail(inventory.error());
  Show(*inventory);
  if (inventory->missing == 0) return inventory->broken == 0;

  auto incident = table->MakeCase({}, folder);
  if (!incident) return salvor::Fail(incident.error());
  std::printf("plan %s restores %lld partitions\n", incident->Planned().digest.c_str(),
              static_cast<long long>(incident->Planned().restores));
  const auto copy = incident->Persist();
  if (!copy) return salvor::Fail(copy.error());
  const auto applied = incident->Apply({confirmed});
  if (!applied) return salvor::Fail(applied.error());
  const auto proof = incident->Verify();
  if (!proof) return salvor::Fail(proof.error());
  for (const salvor::PartitionProof& one : proof->partitions) {
    std::printf("%s: %s\n", Plain(one.partition.name).c_str(),
                one.proven ? "proven" : Plain(one.problem).c_str());
  }
  if (!proof->proven) return false;
  const auto dropped = incident->Clean();
  if (!dropped) return salvor::Fail(dropped.error());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "Usage: recover_table TABLE CASE NAME\n");
    return 2;
  }
  std::printf("salvor %s\n", std::string(salvor::Version()).c_str());
  Notes notes;
  const auto whole = Recover(argv[1], argv[2], argv[3], notes);
  if (!whole) {
    std::fprintf(stderr, "%s: %s\n", std::string(salvor::CodeName(whole.error().code)).c_str(),
                 Plain(whole.error().Message()).c_str());
    return 1;
  }
  return *whole ? 0 : 1;
}
