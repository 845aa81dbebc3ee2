// The first line of `salvor status`: what was found, and since when anything was compared.
#pragma once

#include <string>

#include "report/status_report.h"

namespace salvor::report {

std::string StatusHeadline(const StatusView& view);
// Lines on what the headline leaves out: losses that are old news, and what can be done where
// nothing was compared.
std::string StatusBackground(const StatusView& view);

}  // namespace salvor::report
