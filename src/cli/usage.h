// What a person reads who asked for nothing, or for something that there is not.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace salvor::cli {

// The candidate that was most likely meant; empty where none is near. Of words of a few letters.
std::string Nearest(std::string_view word, const std::vector<std::string>& candidates);

// How to begin: a line for each verb that a recovery needs, in its order.
std::string ShortPage();

// `problem` as the parser put it, or better: an unknown verb or flag by its name, with the nearest
// that there is; then how the verb is used, with examples. Not made printable.
std::string UsageText(const CLI::App& app, const std::string& problem);

}  // namespace salvor::cli
