#include "pieces.h"

/* Pieces keep expat's copy of the document small; few of them, because something that goes over
 * many pieces, such as a long attribute, is looked at again with each. */
#define PIECE_MIN ((size_t)1 << 18)
#define PIECES 16
#define PARSED_WELL 1

bool parse_pieces(const Expat *expat, XML_Parser parser, const char *data, size_t size,
                  const bool *flag, bool stops_at)
{
    size_t piece = size / PIECES > PIECE_MIN ? size / PIECES : PIECE_MIN;
    for (; size > piece; data += piece, size -= piece)
        if (expat->parse(parser, data, (int)piece, 0) != PARSED_WELL || *flag == stops_at)
            return false;
    return expat->parse(parser, data, (int)size, 1) == PARSED_WELL && *flag != stops_at;
}
