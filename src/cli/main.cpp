// The only place that turns an Error into text and an exit code.

#include "kist/base/error.hpp"
#include "kist/base/timestamp.hpp"
#include "kist/os/fd.hpp"

#include "cli/command_line.hpp"
#include "cli/interrupt.hpp"
#include "cli/pager.hpp"

#include <exception>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

namespace kist::cli {
namespace {

// A descriptor that the caller closed would be given to the next file opened, and messages would end up in it.
void claim_standard_descriptors() {
    for (;;) {
        os::Fd fd(open("/dev/null", O_RDWR));
        if (fd.get() < 0 || fd.get() > STDERR_FILENO) return;
        fd.release();
    }
}

ExitCode report(Console& console, const Error& error) {
    console.error(error.message());
    if (!error.hint().empty()) console.hint(error.hint());
    return exit_code(error.code());
}

ExitCode run(const std::vector<std::string>& arguments, Console& console) {
    Output output(STDOUT_FILENO);
    const auto invocation = parse_command_line(arguments);
    console.set_verbosity(invocation.options.verbosity);
    auto code = ExitCode::done;
    if (invocation.command) {
        output.set_colours(colours_for(invocation.options.colour, output));
        if (invocation.command->is_for_reading() && output.is_terminal() && !invocation.options.no_pager)
            output.page_with(pager_words());
        const SystemClock clock;
        Context context{invocation.options, output, console, clock};
        code = invocation.command->run(context);
    } else {
        output.text(invocation.help);
    }
    output.finish();
    return code;
}

ExitCode run_and_report(const std::vector<std::string>& arguments) {
    Console console(STDERR_FILENO, Verbosity::normal);
    try {
        return run(arguments, console);
    } catch (const Error& error) {
        return report(console, error);
    } catch (const ClosedOutput& closed) {
        if (closed.was_pager) return ExitCode::done;
        signal(SIGPIPE, SIG_DFL);
        raise(SIGPIPE);
    } catch (const std::bad_alloc&) {
        console.error("out of memory");
    } catch (const std::exception& error) {
        console.error(error.what());
    } catch (...) {
        console.error("failed for a reason that it does not know itself");
    }
    return ExitCode::failed;
}

}  // namespace
}  // namespace kist::cli

int main(int argc, char** argv) {
    kist::cli::claim_standard_descriptors();
    kist::cli::catch_signals();
    return static_cast<int>(kist::cli::run_and_report({argv + (argc > 0 ? 1 : 0), argv + argc}));
}
