// This file is part of OpenCV project.
// It is subject to the license terms in the LICENSE file found in the top-level directory
// of this distribution and at http://opencv.org/license.html.
#ifndef ANOMALY_SAMPLES_COMMAND_LINE_HPP
#define ANOMALY_SAMPLES_COMMAND_LINE_HPP

#include "opencv2/core.hpp"

#include <cfloat>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

//! An error in the command line. The program ends with exit code 2.
struct UsageError : std::runtime_error
{
    explicit UsageError(const std::string& message) : std::runtime_error(message) {}
};

//! Makes the error that an option has a wrong value. wanted: what was expected instead.
UsageError badValue(const std::string& name, const std::string& text, const std::string& wanted);

//! The finite number, `lowest` or more, that an option's value has. Throws what badValue makes.
double toNumber(const std::string& name, const std::string& text, double lowest = -DBL_MAX);

/** Options tied to variables: a variable's value before parse is the option's default, so defaults are written once.

cv::CommandLineParser finds the values. This class adds what it does not do: it ignores unknown options, reads 12abc as
12, and prints help without a usage line and examples.
*/
class CommandLine
{
public:
    CommandLine(const std::string& program, const std::string& purpose);

    //! Adds an argument without a name. Arguments are given in the order in which they were added.
    void argument(const std::string& name, std::string& value, const std::string& help);
    //! Adds an argument that may be repeated, at least once. It must be the last one.
    void arguments(const std::string& name, std::vector<std::string>& values, const std::string& help);

    //! Adds an option that must be given.
    void required(const std::string& name, const std::string& valueName, std::string& value, const std::string& help);

    //! Adds an option with a value. A list has its elements separated by commas.
    void option(const std::string& name, const std::string& valueName, std::string& value, const std::string& help);
    void option(const std::string& name, const std::string& valueName, int& value, const std::string& help,
                int lowest = 0);
    void option(const std::string& name, const std::string& valueName, double& value, const std::string& help);
    void option(const std::string& name, const std::string& valueName, std::vector<std::string>& value,
                const std::string& help);
    //! The value is one number for all three channels, or three numbers separated by commas.
    void option(const std::string& name, const std::string& valueName, cv::Scalar& value, const std::string& help);
    //! An option with another kind of value. `set` takes the text; if that is wrong, it throws the result of badValue.
    void option(const std::string& name, const std::string& valueName, const std::string& defaultText,
                const std::string& help, const std::function<void(const std::string& text)>& set);
    //! Adds an option whose value is one of some names. The variable receives the index of the name.
    void choice(const std::string& name, const std::vector<std::string>& names, int& value, const std::string& help);
    void flag(const std::string& name, bool& value, const std::string& help);

    //! Adds --threads. parse sets this number for all of OpenCV.
    void threadsOption();

    //! Adds a choice on which it depends which of the options announced by optionsOf exist.
    void variants(const std::string& name, const std::vector<std::string>& names, int& value, const std::string& help);
    /** Begins the options of one variant, which end at the next heading. If another variant is chosen, parse names them
    as options that do not belong to it. An option that several variants have is added for each of them, with its
    default there.
    @param variant index of the variant
    @param title heading in the help, before "of --<name>=<variant>"
    @param about further text below the heading, or none
    */
    void optionsOf(int variant, const std::string& title, const std::string& about = std::string());

    //! Begins a group of options with a heading in the help.
    void heading(const std::string& title);
    void example(const std::string& command);

    //! Reads the command line and sets the variables. Returns false if the help or the version was asked for, and
    //! prints it. Throws UsageError.
    bool parse(int argc, const char* const* argv);

private:
    struct Option
    {
        std::string heading, about;
        std::string name, valueName, defaultText, help;
        int variant; // index of the variant that has this option, or anyVariant
        bool isRequired;
        std::function<void(const std::string&)> set;
    };
    struct Argument
    {
        std::string name, help;
        std::function<void(const std::string&)> set;
        bool repeats;
    };

    bool applies(const Option& option) const;
    const Option* find(const std::string& name) const;
    std::string ownersOf(const std::string& name) const;
    UsageError notAnOption(const std::string& name) const;
    void checkRepeated(const std::vector<const char*>& named) const;
    void chooseVariant(const std::vector<const char*>& named) const;
    void checkOption(const std::string& argument) const;
    void readArguments(const std::vector<std::string>& given) const;
    void readOptions(const std::vector<const char*>& named) const;
    std::string usage() const;
    void printHelp() const;
    bool printInformation(const std::vector<const char*>& named) const;

    static const int anyVariant = -1;

    std::string program, purpose, nextHeading, nextAbout;
    std::vector<Argument> positional;
    std::vector<Option> options;
    std::vector<std::string> examples;
    std::string variantOption; // name of the option that chooses one of variantNames
    std::vector<std::string> variantNames;
    const int* chosenVariant;
    int nextVariant; // variant of options that are added from now on
    int threads;
};

//! The message of an exception, without the source location that cv::Exception::what adds.
std::string errorText(const std::exception& error);

//! Prints notes for the user to stderr. They require no action.
void printNotes(const std::string& program, const std::vector<std::string>& notes);

//! Runs the body of a program. Exceptions, and output that cannot be written, become messages on stderr and exit codes:
//! 0 success, 1 failure, 2 wrong usage.
int runProgram(const std::string& program, int (*body)(int, char**), int argc, char** argv);

#endif
