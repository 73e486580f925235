#include "cli/options.hpp"

#include <CLI/CLI.hpp>

namespace kist::cli {

void Options::argument(const char* name, std::string& target, const char* description, Presence presence) {
    app_.add_option(name, target, description)->required(presence == Presence::required);
}

void Options::arguments(const char* name, std::vector<std::string>& targets, const char* description,
                        Presence presence) {
    app_.add_option(name, targets, description)->required(presence == Presence::required);
}

void Options::text(const char* names, const char* value, std::string& target, const char* description) {
    app_.add_option(names, target, description)->type_name(value);
}

void Options::texts(const char* names, const char* value, std::vector<std::string>& targets, const char* description) {
    app_.add_option(names, targets, description)->type_name(value)->allow_extra_args(false);
}

void Options::in_order(const char* names, const char* value, std::vector<Given>& targets, const char* description) {
    const std::string_view all = names;
    const std::string name(all.substr(all.find("--")));
    app_.add_option_function<std::string>(
            names,
            [&targets, name](const std::string& given) {
                targets.push_back({name, given});
            },
            description)
        ->type_name(value)
        ->allow_extra_args(false)
        ->trigger_on_parse();
}

void Options::number(const char* names, const char* value, std::int64_t& target, const char* description) {
    app_.add_option(names, target, description)->type_name(value)->check(CLI::PositiveNumber);
}

void Options::flag(const char* names, bool& target, const char* description) {
    app_.add_flag(names, target, description);
}

void Options::footer(const char* text) {
    app_.footer(text);
}

}  // namespace kist::cli
