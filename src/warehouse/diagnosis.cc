#include "warehouse/diagnosis.h"

namespace salvor::warehouse {

std::string_view StateName(Diagnosis::State state) {
  switch (state) {
    case Diagnosis::State::kGood:
      return "good";
    case Diagnosis::State::kNote:
      return "note";
    case Diagnosis::State::kRefused:
      return "refused";
    case Diagnosis::State::kMissing:
      return "missing";
  }
  return "";
}

}  // namespace salvor::warehouse
